"""/followups/v1/views: kept, shared, changed and deleted by those who may, seen by nobody else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import yaml
from fastapi import FastAPI
from httpx import AsyncClient, Response

from services.routing.domain.saved_views import MOST_VIEWS
from shared.program.store import open_programs
from shared.settings import Settings
from tests.integration.routing.company import DOCUMENT, OTHER_TENANT
from tests.integration.routing.conftest import Caller, calling, token
from tests.integration.routing.test_followups_api import problem
from tests.support.waiting import until

VIEWS = "/followups/v1/views"
LATE = "view=team&due=overdue&severity=critical"


async def kept(client: AsyncClient, name: str = "Late ones", **more: object) -> dict[str, Any]:
    answer = await client.post(VIEWS, json={"name": name, "query": LATE, **more})
    assert answer.status_code == 201, answer.text
    view: dict[str, Any] = answer.json()
    return view


async def change(client: AsyncClient, view: dict[str, Any], **wishes: object) -> Response:
    match = {"If-Match": f'"{view["version"]}"'}
    return await client.patch(f"{VIEWS}/{view['view_id']}", json=wishes, headers=match)


async def delete(client: AsyncClient, view: dict[str, Any]) -> Response:
    match = {"If-Match": f'"{view["version"]}"'}
    return await client.delete(f"{VIEWS}/{view['view_id']}", headers=match)


async def names(client: AsyncClient) -> list[str]:
    return [one["name"] for one in (await client.get(VIEWS)).json()["items"]]


async def test_a_view_is_kept_read_renamed_and_deleted(call: Caller) -> None:
    mali = call("mali")
    answer = await mali.post(VIEWS, json={"name": "ຊ້າ · late", "query": f"?{LATE}&cursor=abc"})
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    view = answer.json()
    assert (view["query"], view["address"]) == (LATE, f"/inbox?{LATE}")
    read = await mali.get(answer.headers["Location"])
    assert read.json() == view
    renamed = await change(mali, view, name="Later", query="view=mine")
    assert (renamed.headers["ETag"], renamed.json()["query"]) == ('"2"', "view=mine")
    problem(await delete(mali, view), 412, "stale-version")
    assert (await delete(mali, renamed.json())).status_code == 204
    problem(await mali.get(answer.headers["Location"]), 404, "not-found")


async def test_it_takes_the_version_that_one_has_seen(call: Caller) -> None:
    mali = call("mali")
    view = await kept(mali)
    place = f"{VIEWS}/{view['view_id']}"
    problem(await mali.patch(place, json={"name": "x"}), 428, "version-needed")
    problem(await mali.delete(place), 428, "version-needed")
    stale = await change(mali, {**view, "version": 7}, name="x")
    problem(stale, 412, "stale-version")
    assert stale.headers["ETag"] == '"1"'
    assert await names(mali) == ["Late ones"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"query": LATE}, "name"),
        ({"name": " \t "}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "late ONES"}, "name"),
        ({"name": "x", "query": "view=nope"}, "query.view"),
        ({"name": "x", "query": "fruit=apple"}, "query.fruit"),
        ({"name": "x", "query": "team=gone"}, "query.team"),
        ({"name": "x", "query": "q=%00"}, "query.q"),
        ({"name": "x", "query": "x" * 4001}, "query"),
        ({"name": "x", "team": "delivery-care"}, "team"),
        ({"name": "x", "owner": "mali"}, "owner"),
    ],
)
async def test_what_can_not_be_kept_is_refused_by_its_field(
    call: Caller, body: dict[str, object], field: str
) -> None:
    mali = call("mali")
    await kept(mali)
    told = problem(await mali.post(VIEWS, json=body), 422, "invalid")
    assert told["field"] == field
    assert await names(mali) == ["Late ones"]


async def test_a_lone_surrogate_is_refused(call: Caller) -> None:
    json = {"Content-Type": "application/json"}
    for body in (r'{"name": "\ud800"}', r'{"name": "x", "query": "q=\ud800"}'):
        answer = await call("mali").post(VIEWS, content=body, headers=json)
        problem(answer, 422, "invalid")


async def test_another_persons_view_is_as_if_it_were_not_there(call: Caller) -> None:
    view = await kept(call("mali"))
    for who in (call("noy"), call("vilay", "team_lead"), call("root", "cx_admin")):
        assert await names(who) == []
        problem(await who.get(f"{VIEWS}/{view['view_id']}"), 404, "not-found")
        problem(await change(who, view, name="Mine now"), 404, "not-found")
        problem(await delete(who, view), 404, "not-found")
    assert await names(call("mali")) == ["Late ones"]
    await kept(call("noy"))  # a name is unique for one person


async def test_another_tenants_view_is_as_if_it_were_not_there(call: Caller) -> None:
    view = await kept(call("vilay", "team_lead"), team="delivery-care")
    for subject, role in (("vilay", "team_lead"), ("mali", "frontline_owner"), ("r", "cx_admin")):
        other = call(subject, role, OTHER_TENANT)
        assert await names(other) == []
        problem(await other.get(f"{VIEWS}/{view['view_id']}"), 404, "not-found")
        problem(await change(other, view, name="Mine now"), 404, "not-found")
        problem(await delete(other, view), 404, "not-found")
    assert await names(call("vilay", "team_lead")) == ["Late ones"]


async def test_a_lead_shares_with_the_team_which_sees_it_and_does_not_change_it(
    call: Caller,
) -> None:
    shared = await kept(call("vilay", "team_lead"), team="delivery-care")
    noy = call("noy")
    await kept(noy, "A first one")
    await kept(noy, "Zuletzt")
    assert await names(noy) == ["A first one", "Zuletzt", "Late ones"]
    (_, _, seen) = (await noy.get(VIEWS)).json()["items"]
    assert (seen["maker_name"], seen["can_change"]) == ("Vilay", False)
    problem(await change(noy, shared, name="Mine now"), 403, "forbidden")
    problem(await delete(noy, shared), 403, "forbidden")
    assert await names(call("passer")) == []
    told = problem(await change(call("ana", "team_lead"), shared, team=None), 404, "not-found")
    assert "There is no view" in told["detail"]
    ended = await change(call("vilay", "team_lead"), shared, team=None)
    assert ended.json()["team"] is None
    assert await names(call("noy")) == ["A first one", "Zuletzt"]


async def test_a_rename_keeps_who_it_is_shared_with(call: Caller) -> None:
    vilay = call("vilay", "team_lead")
    shared = await kept(vilay, team="delivery-care")
    assert (await change(vilay, shared, name="Later")).json()["team"] == "delivery-care"


async def test_nobody_keeps_more_than_50_however_many_ask_at_once(
    app: FastAPI, settings: Settings
) -> None:
    async with calling(app, Authorization=f"Bearer {token(settings)}") as mali:
        first = [mali.post(VIEWS, json={"name": f"View {n}"}) for n in range(MOST_VIEWS - 3)]
        assert {one.status_code for one in await asyncio.gather(*first)} == {201}
        more = [mali.post(VIEWS, json={"name": f"More {n}"}) for n in range(10)]
        answers = await asyncio.gather(*more)
        assert sorted(one.status_code for one in answers) == [201] * 3 + [422] * 7
        same = [
            change(mali, one, name="The same")
            for one in (await mali.get(VIEWS)).json()["items"][:5]
        ]
        changed = sorted(one.status_code for one in await asyncio.gather(*same))
        assert changed == [200] + [422] * 4


async def test_a_view_whose_owner_is_gone_says_so_and_opens_nothing(
    call: Caller, settings: Settings
) -> None:
    mali = call("mali")
    answer = await mali.post(VIEWS, json={"name": "Noy's", "query": "owner=noy&view=all"})
    assert answer.status_code == 201
    teams = [{**team, "owners": ["ana", "mali"]} for team in DOCUMENT["teams"]]
    owners = [one for one in DOCUMENT["owners"] if one["id"] != "noy"]
    document = {**DOCUMENT, "teams": teams, "owners": owners}
    document.pop("version")
    async with open_programs(settings.database_url, role="closedloop_program") as programs:
        await programs.activate(
            yaml.safe_dump(document, allow_unicode=True), who="tests", why="noy has left"
        )

    async def broken() -> list[dict[str, Any]]:
        return [one for one in (await mali.get(VIEWS)).json()["items"] if one["fault"]]

    (view,) = await until(broken)
    assert view["address"] is None
    assert view["fault"] == "program version 2 has no owner 'noy'."
    page = await mali.get("/inbox", headers={"Accept": "text/html"})
    assert "does not work any more" in page.text
    assert "owner=noy" not in page.text
    assert (await change(mali, view, query="view=all")).json()["fault"] is None

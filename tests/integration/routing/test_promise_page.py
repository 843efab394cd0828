"""/p/{token}: what the customer sees and does, and what a link that does not work tells."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import FastAPI
from httpx import AsyncClient
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from services.routing.domain.promise import MOST_ACTS
from services.routing.routes.languages import LANGUAGES, catalogue
from shared.clock import FixedClock
from shared.postgres.pool import Pool
from shared.settings import Settings
from tests.integration.routing.company import NOW, OTHER_TENANT, WORDS, scored
from tests.integration.routing.conftest import Caller, calling, opened
from tests.integration.routing.promised import (
    Customer,
    customer_of,
    followup_id,
    link_of_case,
    resolve,
    text_of,
    walk,
)
from tests.integration.routing.test_followups_api import patch, path_of

HOUR = timedelta(hours=1)
NOTES = """
    SELECT change, actor, note FROM routing.followup_change
    WHERE followup_id = $1 AND version > 1 ORDER BY version
"""


def at(app: FastAPI, moment: Any) -> None:  # noqa: ANN401  (a datetime)
    app.state.desk = replace(app.state.desk, clock=FixedClock(moment))


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """Give somebody who is not signed in."""
    at(app, NOW)
    async with calling(app) as client:
        yield client


@pytest.fixture
def customer(app: FastAPI, browser: AsyncClient) -> Customer:
    """Give the customer of case 1."""
    return customer_of(app, browser)


async def history(pool: Pool, number: int = 1) -> list[tuple[str, str, str | None]]:
    rows = await pool.fetch(NOTES, followup_id(number))
    return [(row["change"], row["actor"], row["note"]) for row in rows]


async def test_a_customer_reads_what_they_said_who_has_it_and_what_is_promised(
    customer: Customer, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1, severity="medium", text="Late <b>again</b>.")])
    answer = await customer.open()
    page = text_of(answer)
    assert "Mekong Home" in page
    assert "Mali, Delivery care" in page
    assert "Chan" not in page
    assert "Late <b>again</b>." in page
    assert "<b>again" not in answer.text
    assert "Somebody reads it by Friday 20 November, 17:30, Vientiane time (UTC+7)." in page
    assert "Yours is the next one." in page
    assert '<blockquote class="words big" lang="en"' in answer.text


async def test_the_page_is_kept_nowhere_and_names_nobody(
    customer: Customer, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    for answer in (await customer.open(), await customer.client.get("/p/" + "A" * 40)):
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "<script" not in answer.text
        assert not re.search("demo|C-00001|survey", answer.text)


async def test_a_broken_promise_is_said_and_a_new_one_given(
    app: FastAPI, customer: Customer, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1, severity="medium")])
    at(app, NOW + 2 * HOUR)
    page = await customer.page()
    assert "Somebody should have read it by Friday 20 November, 17:30" in page
    assert "We are late" in page
    assert "Our new promise: You hear from us by Friday 20 November, 19:30" in page


async def test_the_place_moves_as_cases_close_and_is_a_range_while_urgent_ones_may_overtake(
    call: Caller, customer: Customer, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1, severity="high", received_at=NOW)])
    before = [scored(n, severity="high", received_at=NOW - n * HOUR) for n in (2, 3, 4)]
    await opened(worker_pool, [*before, scored(5, touchpoint="billing", received_at=NOW - HOUR)])
    assert "3 cases of this team are ahead of yours." in await customer.page()
    await resolve(call, 2)
    assert "2 cases of this team are ahead of yours." in await customer.page()
    await resolve(call, 3)
    assert "1 case of this team is ahead of yours." in await customer.page()
    late = scored(6, severity="critical", received_at=NOW + 30 * HOUR)
    await opened(worker_pool, [late])
    assert "1 to 2 cases of this team are ahead of yours" in await customer.page()
    await resolve(call, 6)
    await resolve(call, 4)
    assert "Yours is the next one." in await customer.page()
    await walk(call("vilay", "team_lead"), 1, "acknowledged", "in_progress")
    assert "Your place in the queue" not in await customer.page()


async def test_what_stays_inside_stays_inside(
    call: Caller, customer: Customer, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    await patch(call(), 1, 1, {"note": "A difficult one."})
    await walk(call("vilay", "team_lead"), 1, "acknowledged", "in_progress", "resolved", version=2)
    page = await customer.page()
    assert "We have dealt with what you told us." in page
    assert not re.search("difficult|Sent a new one|carrier|came late", page)


@pytest.mark.parametrize("what", ["altered", "foreign", "replaced", "expired", "unknown", "odd"])
async def test_every_link_that_does_not_work_gets_the_same_answer(
    app: FastAPI, call: Caller, browser: AsyncClient, worker_pool: Pool, what: str
) -> None:
    settings: Settings = app.state.settings
    await opened(worker_pool, [scored(1)])
    good = link_of_case(settings, 1)
    path = {
        "altered": f"{good[:-1]}{'A' if good[-1] != 'A' else 'B'}",
        "foreign": link_of_case(settings.model_copy(update={"secret": "another" * 9}), 1),
        "unknown": link_of_case(settings, 77),
        "odd": "/p/..%2f..%00?x=<script>",
    }.get(what, good)
    if what == "replaced":
        mine = f"/inbox/{followup_id(1)}/promise"
        assert (await call().post(mine, data={"do": "replace"})).status_code == 303
    if what == "expired":
        version = await resolve(call, 1)
        await walk(call("vilay", "team_lead"), 1, "verified", "closed", version=version)
        at(app, NOW + timedelta(days=90))
    nothing = await browser.get("/p/nothing")
    assert nothing.status_code == 404
    for tail in ("", "/answer", "/erase"):
        answer = await browser.get(path if what == "odd" else f"{path}{tail}")
        assert (answer.status_code, answer.text) == (404, nothing.text)
        assert answer.headers.items() == nothing.headers.items()
    posted = await browser.post(f"{path}/add", data={"words": "x"})
    assert (posted.status_code, posted.text) == (404, nothing.text)
    assert not re.search("nothing|sign|inbox", nothing.text.replace("Sign", ""))


async def test_a_replaced_link_opens_the_page_under_its_new_address(
    app: FastAPI, call: Caller, browser: AsyncClient, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    before = (await call().get(path_of(1))).json()["promise"]["url"]
    await call().post(f"/inbox/{followup_id(1)}/promise", data={"do": "replace"})
    after = (await call().get(path_of(1))).json()["promise"]["url"]
    assert before != after
    assert after.startswith(app.state.settings.public_url + "/p/")
    assert (await browser.get(before.removeprefix("http://localhost:8080"))).status_code == 404
    assert (await browser.get(after.removeprefix("http://localhost:8080"))).status_code == 200


async def test_a_page_shows_its_own_tenants_case_alone(
    app: FastAPI, browser: AsyncClient, worker_pool: Pool
) -> None:
    await opened(
        worker_pool,
        [scored(1, text="Ours."), scored(1, tenant=OTHER_TENANT, text="Theirs.")]
        + [scored(n, tenant=OTHER_TENANT, received_at=NOW - HOUR) for n in (2, 3)],
    )
    ours, theirs = customer_of(app, browser), link_of_case(app.state.settings, 1, OTHER_TENANT)
    page, other = await ours.page(), text_of(await browser.get(theirs))
    assert "Ours." in page
    assert "Theirs." not in page
    assert "Yours is the next one." in page
    assert "2 cases" in other


async def test_only_who_works_on_a_case_gets_its_link(call: Caller, worker_pool: Pool) -> None:
    await opened(worker_pool, [scored(1)])
    for who in (("ana", "frontline_owner"), ("mali", "auditor"), ("noy", "frontline_owner")):
        assert (await call(*who).get(path_of(1))).json()["promise"]["url"] is None
        answer = await call(*who).post(
            f"/inbox/{followup_id(1)}/promise", data={"do": "tell", "told_customer": "Hi"}
        )
        assert answer.status_code == 403
    assert (await call("vilay", "team_lead").get(path_of(1))).json()["promise"]["url"]


async def test_the_owners_words_stand_on_the_page_when_it_is_solved(
    call: Caller, customer: Customer, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    told = {"do": "tell", "told_customer": "We paid the fee back on Monday."}
    await call().post(f"/inbox/{followup_id(1)}/promise", data=told)
    assert "Monday" not in await customer.page()
    await resolve(call, 1)
    assert "We paid the fee back on Monday." in await customer.page()


async def test_still_not_solved_opens_it_again_with_the_customers_words(
    call: Caller, customer: Customer, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    await resolve(call, 1)
    answer = await customer.press("not_solved", words="The new one is broken, too.")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"{customer.path}?done=reopened",
    )
    seen = (await call().get(path_of(1))).json()
    assert (seen["state"], seen["resolution"]) == ("reopened", None)
    assert (await history(worker_pool))[-1] == (
        "reopened",
        "customer",
        "The new one is broken, too.",
    )
    told = await worker_pool.fetchval(
        "SELECT message FROM routing.followup_change WHERE change = 'reopened'"
    )
    assert json.loads(told)["data"]["actor"] == "customer"
    assert "broken" not in told
    assert "It is open again." in await customer.page()


async def test_what_a_customer_does_with_an_open_case_is_in_its_history(
    call: Caller, customer: Customer, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    await customer.press("add", words="The number is 7781.")
    await customer.press("not_solved", words="Still nothing.")
    await customer.press("person")
    assert await history(worker_pool) == [
        ("customer_added", "customer", "The number is 7781."),
        ("customer_added", "customer", "Still nothing."),
        ("customer_calls", "customer", None),
    ]
    seen = (await call().get(path_of(1))).json()
    assert (seen["version"], seen["promise"]["wants_person"]) == (4, True)
    assert "You asked for a person on" in await customer.page()
    page = (await call().get(f"/inbox/{followup_id(1)}")).text
    assert "Wants to speak to a person" in page
    assert "The customer asked to speak to a person" in page


async def test_a_person_is_no_longer_wanted_when_somebody_turns_to_the_customer(
    app: FastAPI, call: Caller, customer: Customer, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    await customer.press("person", words="After six, please.")
    at(app, NOW + HOUR)
    await walk(call(), 1, "acknowledged", "contacting", version=2)
    assert not (await call().get(path_of(1))).json()["promise"]["wants_person"]


async def test_pressing_twice_does_it_once_also_at_the_same_time(
    customer: Customer, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    carried = await customer.fields()
    answers = await asyncio.gather(
        *(customer.press("add", carried, words="Once.") for _ in range(5)),
        *(customer.press("person", carried) for _ in range(5)),
    )
    assert {answer.status_code for answer in answers} == {303}
    assert sorted(await history(worker_pool)) == [
        ("customer_added", "customer", "Once."),
        ("customer_calls", "customer", None),
    ]
    await customer.press("add", carried, words="Other words from the same page.")
    assert len(await history(worker_pool)) == 3


async def test_a_form_that_is_not_from_the_page_does_nothing(
    customer: Customer, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    carried = await customer.fields()
    nothing: dict[str, str] = {}
    for forged in (nothing, {**carried, "csrf_token": "0" * 64}, {**carried, "csrf_token": "é"}):
        answer = await customer.press("add", forged, words="Send me money.")
        assert answer.status_code == 422
        assert "Nothing was sent" in answer.text
        assert "Send me money." in answer.text
    assert await history(worker_pool) == []


@pytest.mark.parametrize(
    ("act", "typed", "fault"),
    [
        ("add", {"words": "  "}, "Write something first."),
        ("add", {"words": "x" * 4001}, "4000 characters are the limit"),
        ("not_solved", {"words": ""}, "Write something first."),
        ("answer", {"choice": "9"}, "There is no question"),
        ("answer", {}, "Choose an answer."),
        ("answer", {"choice": "²"}, "Choose an answer."),
    ],
)
async def test_what_is_missing_is_said_and_what_was_typed_is_kept(
    customer: Customer, worker_pool: Pool, act: str, typed: dict[str, str], fault: str
) -> None:
    await opened(worker_pool, [scored(1)])
    answer = await customer.press(act, None, **typed)
    assert answer.status_code == 422
    assert fault in text_of(answer)
    assert typed.get("words", "").strip() in answer.text
    assert await history(worker_pool) == []


async def test_there_is_an_end_to_what_one_customer_can_write(
    customer: Customer, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1)])
    carried = await customer.fields()
    for number in range(MOST_ACTS):
        assert (await customer.press("add", carried, words=str(number))).status_code == 303
    answer = await customer.press("add", carried, words="One more.")
    assert answer.status_code == 422
    assert "very often" in answer.text


async def test_data_is_erased_after_a_second_look_and_the_team_is_told(
    call: Caller, customer: Customer, worker_pool: Pool
) -> None:
    contact = {"name": "Ana", "email": "ana@example.com", "phone": "+856 20"}
    await opened(worker_pool, [scored(1, text="My card is 4111.", contact=contact)])
    await patch(call(), 1, 1, {"note": "A note of ours."})
    await customer.press("add", words="And my PIN is 1234.")
    assert "It was erased" not in await customer.page("/erase")
    assert "can't be undone" in await customer.page("/erase")
    assert (await customer.press("erase")).headers["location"].endswith("?done=erased")
    assert await history(worker_pool) == [
        ("noted", "mali", "A note of ours."),
        ("customer_added", "customer", None),
        ("erasure_asked", "customer", None),
    ]
    kept = await worker_pool.fetch(
        "SELECT followup::text AS all FROM routing.followup"
        " UNION ALL SELECT change::text FROM routing.followup_change AS change"
    )
    assert not re.search("4111|1234|Ana|example.com|856", " ".join(row["all"] for row in kept))
    assert "What you wrote is erased" in await customer.page()
    await customer.press("erase")
    assert len(await history(worker_pool)) == 3
    await customer.press("add", words="I forgot: 9999.")
    await customer.press("erase")
    assert [note for *_, note in (await history(worker_pool))[3:]] == [None, None]
    assert "Had their data erased" in (await call().get(f"/inbox/{followup_id(1)}")).text


async def test_erasing_touches_no_other_case(
    app: FastAPI, browser: AsyncClient, customer: Customer, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1), scored(2), scored(1, tenant=OTHER_TENANT)])
    await customer_of(app, browser, 2).press("add", words="Mine stays.")
    await customer.press("erase")
    texts = await worker_pool.fetch("SELECT text FROM routing.followup ORDER BY text")
    assert [row["text"] for row in texts] == ["Late again.", "Late again.", None]
    assert (await history(worker_pool, 2))[0][2] == "Mine stays."


@pytest.mark.parametrize("tag", [tag for tag in LANGUAGES if tag != "en"])
async def test_a_page_in_another_language_holds_no_english(
    app: FastAPI, call: Caller, browser: AsyncClient, worker_pool: Pool, tag: str
) -> None:
    text = {language: said for language, said in WORDS if said}[tag]
    await opened(worker_pool, [scored(1, language=tag, text=text, severity="medium")])
    customer = customer_of(app, browser)
    pages = [await customer.open(), await customer.open("/erase"), await customer.open("/answer")]
    at(app, NOW + 2 * HOUR)
    pages += [await customer.open(), await customer.press("add", words=" ")]
    at(app, NOW)
    await customer.press("person")
    states = ("acknowledged", "in_progress", "resolved")
    await walk(call("vilay", "team_lead"), 1, *states, version=2)
    at(app, NOW + 25 * HOUR)
    pages += [await customer.open("?done=added"), await customer.open("/answer")]
    pages.append(await browser.get("/p/nothing", headers={"accept-language": tag}))
    own = " ".join([*catalogue(tag).words.values(), *catalogue(tag).weekdays])
    known = {*_words(own), *_words(" ".join(catalogue(tag).months))}
    known |= {*_words(catalogue(tag).moment + catalogue(tag).zone)}
    names = {"mekong", "home", "mali", "delivery", "care", "utc", "vientiane"}
    for answer in pages:
        assert f'<html lang="{tag}">' in answer.text
        seen = text_of(answer).replace(text, "")
        assert _words(seen) - known - names == set(), seen


def _words(text: str) -> set[str]:
    """Return the Latin words of a text: what English would be made of."""
    return {word.lower() for word in re.findall(r"[A-Za-zÀ-ÿ]{2,}", text)}


async def test_the_chosen_language_stays_until_another_is_chosen(
    customer: Customer, worker_pool: Pool
) -> None:
    await opened(worker_pool, [scored(1, language="lo")])
    assert "ເລື່ອງຂອງທ່ານ" in await customer.page(**{"accept-language": "es"})
    chosen = await customer.open("?lang=th")
    assert "path=/p" in chosen.headers["set-cookie"].lower()
    assert "เรื่องของคุณ" in await customer.page()
    assert "เรื่องของคุณ" in await customer.page("?lang=xx")
    assert "Su caso" in await customer.page("?lang=es")
    assert "Su caso" in await customer.page()


@examples(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    token=st.text(st.characters(codec="utf-8", exclude_characters="/."), min_size=1, max_size=60)
)
async def test_no_made_up_token_breaks_anything(browser: AsyncClient, token: str) -> None:
    answer = await browser.get(f"/p/{quote(token, safe='')}")
    assert answer.status_code == 404
    assert "This link does not work" in answer.text


@examples(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(st.characters(codec="utf-8"), max_size=200))
async def test_any_words_are_taken_and_shown_to_the_team(
    app: FastAPI, browser: AsyncClient, worker_pool: Pool, words: str
) -> None:
    await opened(worker_pool, [scored(1)])
    answer = await customer_of(app, browser).press("person", words=words)
    assert answer.status_code in {303, 422}

"""What the documents of the APIs say of refusals, and two small things that they promise."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import TypeAdapter, ValidationError

from deploy.local.web import FACTORIES
from shared.settings import Settings
from shared.web import problems
from shared.web.days import Day

NOWHERE = Settings.model_validate(
    {
        "DATABASE_URL": "postgresql://nobody@nowhere/nothing",
        "KAFKA_BOOTSTRAP_SERVERS": "nowhere:1",
        "secret": "a secret for tests, long enough to sign with",
        "mode": "local",
    }
)
DAY: TypeAdapter[date] = TypeAdapter(Day)


@pytest.mark.parametrize("service", sorted(FACTORIES))
def test_each_refusal_that_is_documented_is_problem_details(service: str) -> None:
    document = FACTORIES[service](NOWHERE).openapi()
    refusals = [
        (path, method, status, sorted(response["content"]))
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        for status, response in operation["responses"].items()
        if status.startswith(("4", "5"))
    ]
    assert refusals
    assert {str(one[3]) for one in refusals} == {"['application/problem+json']"}
    assert "HTTPValidationError" not in str(document)


@pytest.mark.parametrize("service", sorted(FACTORIES))
def test_whoever_may_be_refused_for_who_they_are_is_told_so(service: str) -> None:
    document = FACTORIES[service](NOWHERE).openapi()
    for operations in document["paths"].values():
        for operation in operations.values():
            if operation.get("security"):
                assert "401" in operation["responses"]


async def test_an_address_names_the_methods_of_all_its_routes() -> None:
    routes = APIRouter(prefix="/things")

    @routes.get("/{name}")
    async def read(name: str) -> str:
        return name

    @routes.patch("/{name}")
    async def change(name: str) -> str:
        return name

    app = FastAPI()
    problems.install(app)
    app.include_router(routes)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://things.test") as client:
        answer = await client.post("/things/a")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, PATCH")
    assert answer.json()["detail"] == "POST does not work here; GET, PATCH does."


@pytest.mark.parametrize(
    "given", ["0", "1700000000", 0, 1.5, "2026-1-2", "2026-02-30", "٢٠٢٦-01-01"]
)
def test_what_is_no_day_is_refused(given: Any) -> None:  # noqa: ANN401  (whatever JSON holds)
    with pytest.raises(ValidationError):
        DAY.validate_python(given)


@pytest.mark.parametrize("given", ["0001-01-01", "9999-12-31"])
def test_a_day_that_no_clock_can_add_to_is_refused(given: str) -> None:
    with pytest.raises(ValidationError, match="1990-01-01 to 2199-12-31"):
        DAY.validate_python(given)


def test_a_day_is_taken_as_it_is_written() -> None:
    assert DAY.validate_python("2026-11-23") == date(2026, 11, 23)

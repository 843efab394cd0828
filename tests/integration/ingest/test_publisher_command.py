"""`closedloop publisher`, against a real database."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner, Result

from deploy.cli.publishers import app
from services.ingest.domain.keys import PREFIX
from services.ingest.errors import PublisherExistsError
from shared.settings import Settings

pytestmark = pytest.mark.own_topics


@pytest.fixture
def command(without_topics: Settings, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """Give a runner whose commands work on this test's database."""
    monkeypatch.setenv("DATABASE_URL", without_topics.database_url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP_SERVERS", without_topics.kafka_bootstrap_servers)
    return CliRunner()


def _json(result: Result) -> dict[str, str]:
    assert result.exit_code == 0, result.output
    found: dict[str, str] = json.loads(result.stdout)
    return found


def test_a_key_is_shown_once_and_the_list_tells_whether_it_works(command: CliRunner) -> None:
    added = _json(command.invoke(app, ["add", "shop", "--tenant", "demo", "--json"]))
    assert added["key"].startswith(PREFIX)
    listed = command.invoke(app, ["list"])
    assert "shop" in listed.output
    assert "works" in listed.output
    assert added["key"] not in listed.output
    _json(command.invoke(app, ["revoke", "shop", "--tenant", "demo", "--json"]))
    assert "revoked" in command.invoke(app, ["list", "--tenant", "demo"]).output


def test_adding_a_publisher_twice_fails_with_a_remedy(command: CliRunner) -> None:
    first = command.invoke(app, ["add", "shop", "--tenant", "demo"])
    assert PREFIX in first.output
    second = command.invoke(app, ["add", "shop", "--tenant", "demo"])
    assert isinstance(second.exception, PublisherExistsError)
    assert second.exception.remedy


def test_an_empty_list_says_how_to_add_one(command: CliRunner) -> None:
    assert "closedloop publisher add" in command.invoke(app, ["list"]).output

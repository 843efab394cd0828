from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.own_rules import (
    LONGEST_MODULE_LINES,
    prints,
    sql_in_strings,
    too_long,
    transaction_control,
)

ROOT = Path(__file__).parents[2]

#: A port that opens a transaction, which the handler enters: the handler still owns it.
UNITS_OF_WORK = {
    "services/ingest/adapters/publishers.py": 1,
    "services/outer_loop/adapters/detecting.py": 2,
    "services/routing/adapters/alarms.py": 1,
    "services/routing/adapters/alerts.py": 1,
    "services/routing/adapters/channel_replies.py": 1,
    "services/routing/adapters/communications.py": 1,
}

SQL_WITHOUT_A_FILE = frozenset(
    {
        "SELECT 1",  # asks whether the server is there
        "SELECT set_config('closedloop.tenant', $1, true)",  # SET LOCAL takes no parameters
        "SELECT set_config('role', $1, true)",
        "CREATE DATABASE ",  # takes no parameters; the name is a constant of ours
    }
)


def modules(*folders: str) -> Iterator[tuple[str, str]]:
    """Give the paths and the sources of the modules in folders, which may be patterns."""
    for folder in folders:
        for path in sorted(ROOT.glob(f"{folder}/**/*.py")):
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def broken(rule: Callable[[str], list[str]], *folders: str) -> dict[str, list[str]]:
    faults = {path: rule(source) for path, source in modules(*folders)}
    assert faults, f"no modules in {folders}"
    return {path: found for path, found in faults.items() if found}


def test_an_adapter_leaves_the_transaction_to_its_handler() -> None:
    found = broken(transaction_control, "services/*/adapters")
    assert {path: len(faults) for path, faults in found.items()} == UNITS_OF_WORK, found


def test_sql_stands_in_sql_files() -> None:
    def rule(source: str) -> list[str]:
        return sql_in_strings(source, allowed=SQL_WITHOUT_A_FILE)

    assert broken(rule, "services", "shared", "deploy") == {}


def test_nothing_is_printed_but_by_the_command_line() -> None:
    assert broken(prints, "services", "shared", "deploy/image", "deploy/ledger") == {}


def test_no_module_is_too_long_to_read() -> None:
    assert broken(too_long, "services", "shared", "deploy", "tests") == {}


@pytest.mark.parametrize(
    "line",
    [
        "async with pool.acquire() as one, one.transaction(): pass",
        "await connection.transaction().start()",
        "await transaction.commit()",
        "await self.transaction.rollback()",
    ],
)
def test_an_adapter_that_controls_a_transaction_would_be_found(line: str) -> None:
    source = f"async def save(connection):\n    {line}\n"
    assert [fault.split(":")[0] for fault in transaction_control(source)] == ["2"]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM scoring.feedback",
        "\n    INSERT INTO scoring.feedback VALUES ($1)",
        "UPDATE routing.follow_up SET state = $1",
        "DELETE FROM routing.outbox",
        "WITH chosen AS (SELECT 1) SELECT * FROM chosen",
        "insert into scoring.feedback values ($1)",
        "select id\nfrom scoring.feedback",
    ],
)
def test_sql_in_a_string_would_be_found(text: str) -> None:
    assert sql_in_strings(f"query = {text!r}")
    assert sql_in_strings(f"def find():\n    '''Find it.'''\n    return run({text!r})")


def test_sql_in_a_formatted_string_would_be_found() -> None:
    assert sql_in_strings("query = f'SELECT id FROM {table}'")


@pytest.mark.parametrize(
    "source",
    [
        '"""SELECT what you like."""',
        'def choose():\n    """SELECT one of them."""',
        'label = "Select a team"',
        'hint = "Update the program and start again."',
    ],
)
def test_words_for_people_are_no_sql(source: str) -> None:
    assert sql_in_strings(source) == []


def test_a_print_would_be_found() -> None:
    assert prints("def tell():\n    print('here')\n") == ["2: print()"]


def test_a_method_of_that_name_is_no_print() -> None:
    assert prints("console.print('here')") == []


def test_a_module_that_is_too_long_would_be_found() -> None:
    assert too_long("\n" * (LONGEST_MODULE_LINES + 1))
    assert not too_long("\n" * LONGEST_MODULE_LINES)

"""What the design forbids of follow-ups and their histories, looked for in the database."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import asyncpg

from services.routing.domain.followup import OPEN_STATES
from services.routing.domain.transitions import TRANSITIONS, Standing
from services.routing.handlers.bulk import UNDONE
from shared.contracts.codec import key_of
from shared.contracts.events import FollowUpChanged, FollowUpState
from shared.postgres.pool import Connection
from tests.integration.routing.company import PROGRAM

#: All that a change of a follow-up may touch.
TABLES = (
    "followup", "followup_change", "contact_attempt", "reply", "resurvey", "promise",
    "escalation", "bulk", "bulk_item", "idempotency",
)  # fmt: skip
_WORKERS = {"mali", "noy", "somchai"}
_CAUSES = {one.id for one in PROGRAM.taxonomy.what}, {one.id for one in PROGRAM.taxonomy.why}


async def everything(connection: Connection, tables: Sequence[str] = TABLES) -> tuple[str, ...]:
    """Return a digest of each of `tables`, and of what is to be published."""
    whole = "SELECT md5(coalesce(string_agg(one::text, '' ORDER BY one::text), '')) FROM {} AS one"
    queries = [whole.format(f"routing.{name}") for name in tables]
    queries.append(whole.format("(SELECT id, topic, key, value FROM routing.outbox)"))
    return tuple([await connection.fetchval(query) for query in queries])


async def histories(connection: Connection) -> dict[str, list[asyncpg.Record]]:
    """Return all changes by follow-up, each history in the order of its versions."""
    found: dict[str, list[asyncpg.Record]] = {}
    rows = await connection.fetch("SELECT * FROM routing.followup_change ORDER BY version")
    for row in rows:
        found.setdefault(str(row["followup_id"]), []).append(row)
    return found


async def refuse_what_is_forbidden(connection: Connection) -> None:
    """Fail when a follow-up, or how it came to be so, is not as the design has it."""
    told = await histories(connection)
    rows = await connection.fetch("SELECT * FROM routing.followup")
    assert len(rows) == len(told) > 0
    for row in rows:
        history = told[str(row["followup_id"])]
        _refuse_missing_fields(row)
        _refuse_another_end(row, history)
        _refuse_gaps(history)
        for before, after in pairwise(history):
            _refuse_forbidden_ways(before, after)
        _refuse_wrong_undoing(history)
        await _refuse_untold(connection, row, history)
        await _refuse_other_records(connection, row, history)


def _refuse_missing_fields(row: asyncpg.Record) -> None:
    state = FollowUpState(row["state"])
    assert row["is_open"] is (state in OPEN_STATES)
    assert row["owner"] in {*_WORKERS, "vilay"}, "nobody has it, or a stranger"
    solved = [row[name] for name in ("cause_what", "cause_why", "action_taken", "resolved_at")]
    if state in {FollowUpState.RESOLVED, FollowUpState.VERIFIED}:
        what, why, action, resolved_at = solved
        assert what in _CAUSES[0], "resolved without what went wrong"
        assert why in _CAUSES[1], "resolved without why"
        assert action, "resolved without what was done"
        assert resolved_at, "resolved at no time"
    elif state is not FollowUpState.CLOSED:  # what was given up is closed without
        assert solved == [None] * 4, "a solution of what is not solved"
    assert (row["next_due_at"] is not None) is (state in OPEN_STATES), (
        "no deadline, or one too many"
    )


def _refuse_another_end(row: asyncpg.Record, history: Sequence[asyncpg.Record]) -> None:
    last = history[-1]
    stands = [row[name] for name in ("version", "state", "owner", "changed_at")]
    assert stands == [last[name] for name in ("version", "state", "owner", "changed_at")]


def _refuse_gaps(history: Sequence[asyncpg.Record]) -> None:
    assert [one["version"] for one in history] == list(range(1, len(history) + 1))
    moments = [one["changed_at"] for one in history]
    assert moments == sorted(moments), "a history that goes back in time"


def _refuse_forbidden_ways(before: asyncpg.Record, after: asyncpg.Record) -> None:
    who = _standing(after["actor"], after["owner"])
    assert who is not Standing.READER, "who only reads has changed something"
    start, end = FollowUpState(before["state"]), FollowUpState(after["state"])
    if start is not end:
        assert who in TRANSITIONS[start].get(end, ()), f"{who} brought {start} to {end}"
        assert who is not Standing.COLLEAGUE, "what is somebody else's"
    if before["owner"] != after["owner"]:
        assert start in OPEN_STATES, "what has ended has got another owner"


def _refuse_wrong_undoing(history: Sequence[asyncpg.Record]) -> None:
    """Fail unless what is put back was the same person's, is as it was, and stood unchanged."""
    for at, one in enumerate(history):
        if one["note"] == UNDONE:
            before, undone = history[at - 2], history[at - 1]
            assert undone["actor"] == one["actor"], "somebody else's change was undone"
            assert (before["owner"], before["state"]) == (one["owner"], one["state"])


def _standing(actor: str, owner: str | None) -> Standing:
    others = {
        "customer": Standing.CUSTOMER,
        "program": Standing.PROGRAM,
        "clock": Standing.PROGRAM,
        "root": Standing.ADMIN,
        "vilay": Standing.LEAD,
    }
    if actor in others:
        return others[actor]
    if actor == owner:
        return Standing.OWNER
    return Standing.COLLEAGUE if actor in _WORKERS else Standing.READER


async def _refuse_untold(
    connection: Connection, row: asyncpg.Record, history: Sequence[asyncpg.Record]
) -> None:
    """Fail unless each change is in the outbox once, as the history has it.

    The first one is the worker's, which publishes it itself.
    """
    key = key_of(row["tenant"], row["customer_id"])
    sent = await connection.fetch(
        "SELECT topic, value FROM routing.outbox WHERE key = $1 ORDER BY id", key
    )
    assert {one["topic"] for one in sent} <= {"followup.changed.v1"}
    told = [one["value"].decode() for one in sent]
    assert Counter(told) == Counter(one["message"] for one in history[1:])
    for one in history:
        event = FollowUpChanged.model_validate_json(one["message"])
        said = (event.data.version, event.data.change, event.data.state, event.data.owner)
        kept = (one["version"], one["change"], one["state"], one["owner"])
        assert said == kept
        is_solved = event.data.state in {FollowUpState.RESOLVED, FollowUpState.VERIFIED}
        assert not is_solved or event.data.resolution
    versions = [json.loads(one)["data"]["version"] for one in told]
    assert versions == sorted(versions), "told of in another order"


async def _refuse_other_records(
    connection: Connection, row: asyncpg.Record, history: Sequence[asyncpg.Record]
) -> None:
    """Fail unless attempts, re-surveys and escalations are those that the history speaks of."""
    ours = row["followup_id"]
    attempts = await _versions(connection, "contact_attempt", "version", ours)
    assert attempts == _changes(history, "contacted")
    rounds = await _versions(connection, "resurvey", "round", ours)
    assert rounds == _changes(history, "resolved")
    told = await _versions(connection, "escalation", "version", ours)
    assert told == sorted([*_changes(history, "reminded"), *_changes(history, "escalated")])
    given_up = _changes(history, "unreachable")
    since = 0
    for version in given_up:
        tried = [one for one in attempts if since < one < version]
        assert len(tried) >= PROGRAM.contact.unreachable_after.attempts, "given up too early"
        since = version


async def _versions(connection: Connection, table: str, column: str, ours: object) -> list[int]:
    query = f"SELECT {column} FROM routing.{table} WHERE followup_id = $1 ORDER BY 1"  # noqa: S608
    return [row[0] for row in await connection.fetch(query, ours)]


def _changes(history: Sequence[asyncpg.Record], *names: str) -> list[int]:
    return [one["version"] for one in history if one["change"] in names]

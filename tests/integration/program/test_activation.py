"""From when a version counts: planned, taken back, rolled back, never in the midst of a batch."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from shared.clock import FixedClock
from shared.program import store as store_module
from shared.program.deciding import LEAD, ActivationError, NoReasonError
from shared.program.store import ACTIVATING_ROLE, ProgramStore, open_programs
from shared.program.timeline import Start, Timeline
from tests.unit.program.samples import document
from tests.unit.scoring.events import feedback
from tests.unit.scoring.scorers import scorer_of

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
async def programs(database_url: str) -> AsyncIterator[ProgramStore]:
    async with open_programs(database_url, role=ACTIVATING_ROLE) as opened:
        opened.clock = FixedClock(NOW)
        yield opened


@pytest.fixture
async def reader(database_url: str) -> AsyncIterator[ProgramStore]:
    """Give the store of a worker, which asks the database only when it must."""
    async with open_programs(database_url, role="closedloop_scoring") as opened:
        opened.clock = FixedClock(NOW)
        yield opened


def named(name: str) -> str:
    return document(replacing={"name: Acme": f"name: {name}"})


async def activate(programs: ProgramStore, name: str, start: datetime | None = None) -> int:
    program = await programs.activate(named(name), who="ann", why=f"for {name}", start=start)
    return program.version


async def go_back(programs: ProgramStore, to: int, start: datetime | None = None) -> None:
    await programs.roll_back("acme", to=to, who="ben", why="it went wrong", start=start)


async def active_version(programs: ProgramStore) -> int:
    return (await programs.active())["acme"].version


def set_clock(programs: ProgramStore, moment: datetime) -> None:
    programs.clock = FixedClock(moment)


async def test_a_planned_version_counts_at_its_moment_without_being_looked_for_before(
    programs: ProgramStore, reader: ProgramStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "FRESH_FOR_S", 3600.0)
    await activate(programs, "one")
    await activate(programs, "two", NOW + HOUR)
    assert await active_version(reader) == 1
    set_clock(reader, NOW + HOUR - timedelta(microseconds=1))
    assert await active_version(reader) == 1
    set_clock(reader, NOW + HOUR)
    assert await active_version(reader) == 2


async def test_a_tenant_whose_first_program_is_planned_has_none_yet(
    programs: ProgramStore,
) -> None:
    await activate(programs, "one", NOW + HOUR)
    assert await programs.active() == {}
    assert await programs.activations("acme") == []
    set_clock(programs, NOW + HOUR)
    assert await active_version(programs) == 1
    assert len(await programs.activations("acme")) == 1


async def test_a_moment_that_is_past_is_refused_and_leaves_nothing(programs: ProgramStore) -> None:
    with pytest.raises(ActivationError, match="is past"):
        await activate(programs, "one", NOW - timedelta(microseconds=1))
    assert await programs.history() == []
    assert await activate(programs, "one", NOW) == 1
    with pytest.raises(ActivationError, match="is past"):
        await go_back(programs, 1, NOW - HOUR)


async def test_a_change_counts_only_when_every_worker_has_heard_of_it(
    programs: ProgramStore,
) -> None:
    await activate(programs, "one")
    with pytest.raises(ActivationError, match="too soon"):
        await activate(programs, "two", NOW + LEAD - timedelta(microseconds=1))
    await activate(programs, "two")
    assert [one.active_from for one in await programs.history()] == [NOW, NOW + LEAD]
    assert timedelta(seconds=store_module.FRESH_FOR_S) < LEAD


async def test_a_plan_is_taken_back_by_another_decision_for_the_same_moment(
    programs: ProgramStore,
) -> None:
    await activate(programs, "one")
    await activate(programs, "two", NOW + HOUR)
    await go_back(programs, 1, NOW + HOUR)
    set_clock(programs, NOW + 2 * HOUR)
    assert await active_version(programs) == 1


async def test_the_document_that_will_count_then_is_not_planned_twice(
    programs: ProgramStore,
) -> None:
    await activate(programs, "one")
    assert [await activate(programs, "two", NOW + HOUR) for _ in range(2)] == [2, 2]
    assert await activate(programs, "one") == 1
    assert len(await programs.history("acme")) == 2


async def test_going_back_is_a_new_activation_of_the_old_version(programs: ProgramStore) -> None:
    await activate(programs, "one")
    set_clock(programs, NOW + HOUR)
    await activate(programs, "two")
    set_clock(programs, NOW + 2 * HOUR)
    await go_back(programs, 1)
    set_clock(programs, NOW + 3 * HOUR)
    assert (await programs.active())["acme"].name == "one"
    told = [(one.version, one.who, one.why, one.active_from) for one in await programs.history()]
    assert told == [
        (1, "ann", "for one", NOW),
        (2, "ann", "for two", NOW + HOUR + LEAD),
        (1, "ben", "it went wrong", NOW + 2 * HOUR + LEAD),
    ]
    assert await activate(programs, "three") == 3


async def test_there_is_no_going_back_to_what_never_was_or_counts_anyway(
    programs: ProgramStore,
) -> None:
    await activate(programs, "one")
    with pytest.raises(ActivationError, match="no version 2 of 'acme'"):
        await go_back(programs, 2)
    with pytest.raises(ActivationError, match="counts then anyway"):
        await go_back(programs, 1)
    with pytest.raises(ActivationError, match="no version 1 of 'other'"):
        await programs.roll_back("other", to=1, who="ben", why="a slip")
    assert len(await programs.history()) == 1


@pytest.mark.parametrize("why", ["", " ", "a\0b", "a\udcffb", "two\nlines"])
async def test_a_reason_that_cannot_be_kept_or_read_is_refused(
    programs: ProgramStore, why: str
) -> None:
    with pytest.raises(NoReasonError):
        await programs.activate(document(), who="ann", why=why)


async def test_when_it_was_decided_is_kept_beside_the_moment_from_which_it_counts(
    programs: ProgramStore,
) -> None:
    await activate(programs, "one", NOW + HOUR)
    (only,) = await programs.history("acme")
    assert (only.activated_at, only.active_from) == (NOW, NOW + HOUR)


async def test_a_machine_whose_clock_is_behind_decides_after_what_was_decided(
    programs: ProgramStore,
) -> None:
    await activate(programs, "one")
    set_clock(programs, NOW - timedelta(seconds=3))
    await activate(programs, "two")
    assert [one.active_from for one in await programs.history()] == [NOW, NOW + LEAD]
    set_clock(programs, NOW + LEAD)
    assert await active_version(programs) == 2


async def test_what_the_store_finds_is_what_the_timeline_says(programs: ProgramStore) -> None:
    hours = [0, 3, 1, 3, 2, 5, 1]
    for number, hour in enumerate(hours):
        await activate(programs, f"n{number}", NOW + hour * HOUR)
    starts = [Start(NOW + hour * HOUR, number, number + 1) for number, hour in enumerate(hours)]
    for half_hour in range(12):
        moment = NOW + half_hour * HOUR / 2
        set_clock(programs, moment)
        programs._looked_at = float("-inf")  # as after five seconds
        assert await active_version(programs) == Timeline(starts).version_at(moment)


async def test_a_stored_version_stays_readable_when_the_checks_become_stricter(
    programs: ProgramStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await activate(programs, "one")
    monkeypatch.setattr("shared.program.conditions.MOST_WORK_OF_A_CONDITION", 0)
    programs._looked_at = float("-inf")
    assert await active_version(programs) == 1
    assert scorer_of((await programs.active())["acme"]).score(feedback()).score.flagged


async def test_what_judges_a_moment_does_not_depend_on_when_it_is_asked(
    programs: ProgramStore, reader: ProgramStore
) -> None:
    await activate(programs, "one")
    moments = [("acme", NOW + minute * timedelta(minutes=1)) for minute in range(-1, 6)]
    for minute in range(1, 5):
        set_clock(programs, NOW + minute * timedelta(minutes=1) - LEAD)
        asked = [moment for moment in moments if moment[1] <= programs.clock.now()]
        set_clock(reader, programs.clock.now())
        before = [program.version for program in await reader.at(asked)]
        await activate(programs, f"n{minute}")
        reader._looked_at = float("-inf")  # as after five seconds
        assert [program.version for program in await reader.at(asked)] == before
    assert [program.version for program in await reader.at(moments)] == [1, 1, 2, 3, 4, 5, 5]


async def test_many_versions_are_not_all_remembered(
    programs: ProgramStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "_MOST_REMEMBERED", 3)
    for number in range(6):
        set_clock(programs, NOW + number * HOUR)
        await activate(programs, f"n{number}")
    moments = [("acme", NOW + number * HOUR + LEAD) for number in range(6)]
    for _ in range(2):
        for number, moment in enumerate(moments):
            (program,) = await programs.at([moment])
            assert program.name == f"n{number}"
    assert len(programs._programs) <= 3


async def test_a_moment_of_a_stranger_has_no_program(programs: ProgramStore) -> None:
    with pytest.raises(LookupError):
        await programs.at([("stranger", NOW)])


@pytest.mark.parametrize("entry", ["{id: delay, ", "{id: late, like: [delay], "])
async def test_a_version_keeps_the_taxonomy_that_it_was_built_on(
    programs: ProgramStore, reader: ProgramStore, monkeypatch: pytest.MonkeyPatch, entry: str
) -> None:
    text = document(replacing={"  what:": "  base: default\n  what:", "{id: delay, ": entry})
    first = await programs.activate(text, who="ann", why="to try it")
    grown = {"what": [{"id": "new", "name": "New"}], "why": []}
    monkeypatch.setattr("shared.program.causes.taxonomy", lambda _name: grown)
    monkeypatch.setattr("shared.program.causes.default_words", lambda _half: {"delay": {}})
    assert (await reader.active())["acme"] == first
    second = await programs.activate(text, who="ann", why="with the taxonomy of the new release")
    assert (second.version, second.taxonomy.what[-1].id) == (2, "new")


async def test_a_version_keeps_the_words_that_it_borrows(
    programs: ProgramStore, reader: ProgramStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = document(replacing={"{id: delay, ": "{id: late, like: [delay], "})
    first = await programs.activate(text, who="ann", why="to try it")
    monkeypatch.setattr(
        "shared.program.causes.default_words", lambda _half: {"delay": {"en": ["tardy"]}}
    )
    assert (await reader.active())["acme"] == first
    second = await programs.activate(text, who="ann", why="with the words of the new release")
    assert (second.version, second.taxonomy.what[0].words) == (2, {"en": ("tardy",)})

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import asyncpg
import pytest

from shared.clock import FixedClock
from shared.contracts.events import FeedbackSubmitted
from shared.contracts.records import Batch, Entry, Record, Rejected
from shared.errors import TransientError
from shared.ids import derived_id
from shared.program import store as store_module
from shared.program.admission import Admission
from shared.program.deciding import LEAD, NoReasonError
from shared.program.loading import ProgramError
from shared.program.store import ACTIVATING_ROLE, ProgramStore, open_programs
from tests.unit.program.samples import document
from tests.unit.scoring.events import event

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@pytest.fixture
async def programs(database_url: str) -> AsyncIterator[ProgramStore]:
    async with open_programs(database_url, role=ACTIVATING_ROLE) as opened:
        opened.clock = FixedClock(NOW)
        yield opened


async def activate(programs: ProgramStore, text: str) -> int:
    return (await programs.activate(text, who="ann", why="to try it")).version


async def test_each_new_document_becomes_the_next_version_of_its_tenant(
    programs: ProgramStore,
) -> None:
    changed = document(replacing={"name: Acme": "name: Acme Ltd"})
    assert [await activate(programs, text) for text in (document(), changed, document())] == [
        1,
        2,
        3,
    ]
    assert await activate(programs, document(tenant="other")) == 1
    programs.clock = FixedClock(NOW + LEAD)
    active = await programs.active()
    assert {tenant: program.version for tenant, program in active.items()} == {
        "acme": 3,
        "other": 1,
    }


async def test_activating_what_is_active_changes_nothing(programs: ProgramStore) -> None:
    assert [await activate(programs, document()) for _ in range(3)] == [1, 1, 1]
    assert len(await programs.activations()) == 1


async def test_every_version_stays_readable(programs: ProgramStore) -> None:
    await activate(programs, document())
    await activate(programs, document(replacing={"name: Acme": "name: Acme Ltd"}))
    first = await programs.version("acme", 1)
    assert first is not None
    assert (first.name, first.version) == ("Acme", 1)
    assert await programs.version("acme", 3) is None
    assert await programs.version("nobody", 1) is None


async def test_an_activation_is_kept_with_who_why_and_when(programs: ProgramStore) -> None:
    await programs.activate(document(), who="ann", why="the first one")
    (kept,) = await programs.activations("acme")
    assert (kept.who, kept.why, kept.active_from) == ("ann", "the first one", NOW)
    assert kept.document == document()
    assert await programs.activations("other") == []


async def test_a_document_with_faults_leaves_no_version(programs: ProgramStore) -> None:
    with pytest.raises(ProgramError):
        await activate(programs, document(replacing={"lead: ann": "lead: bob"}))
    assert await programs.activations() == []


@pytest.mark.parametrize(("who", "why"), [("", "why"), ("who", " ")])
async def test_an_activation_without_a_reason_is_refused(
    programs: ProgramStore, who: str, why: str
) -> None:
    with pytest.raises(NoReasonError):
        await programs.activate(document(), who=who, why=why)
    assert await programs.activations() == []


async def test_activations_at_the_same_moment_get_versions_of_their_own(database_url: str) -> None:
    texts = [document(replacing={"name: Acme": f"name: Acme {n}"}) for n in range(6)]
    async with AsyncExitStack() as stack:
        stores = [
            await stack.enter_async_context(open_programs(database_url, role=ACTIVATING_ROLE))
            for _ in texts
        ]
        versions = await asyncio.gather(*map(activate, stores, texts))
    assert sorted(versions) == [1, 2, 3, 4, 5, 6]


async def test_a_program_activated_elsewhere_counts_without_a_restart(
    programs: ProgramStore, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_programs(database_url, role="closedloop_scoring") as reader:
        reader.clock = FixedClock(NOW)
        assert await reader.active() == {}
        await activate(programs, document())
        assert await reader.active() == {}  # remembered
        monkeypatch.setattr(store_module, "FRESH_FOR_S", 0.0)
        assert (await reader.active())["acme"].version == 1


async def test_the_first_event_of_a_new_tenant_need_not_wait(
    programs: ProgramStore, database_url: str
) -> None:
    async with open_programs(database_url, role="closedloop_routing") as reader:
        reader.clock = FixedClock(NOW)
        assert await reader.active() == {}
        await activate(programs, document())
        assert (await reader.active_for({"acme"})).keys() == {"acme"}


async def test_a_program_that_did_not_change_is_the_same_object(
    programs: ProgramStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "FRESH_FOR_S", 0.0)
    await activate(programs, document())
    before = (await programs.active())["acme"]
    await activate(programs, document(tenant="other"))
    assert (await programs.active())["acme"] is before


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE program.version SET document = 'x'",
        "DELETE FROM program.activation",
        "TRUNCATE program.version CASCADE",
    ],
)
async def test_what_was_activated_cannot_be_changed_even_by_the_owner(
    programs: ProgramStore, database_url: str, change: str
) -> None:
    await activate(programs, document())
    owner = await asyncpg.connect(database_url)
    with pytest.raises(asyncpg.RestrictViolationError, match="activate a new version"):
        await owner.execute(change)
    await owner.close()


async def test_a_service_reads_programs_and_cannot_activate_one(database_url: str) -> None:
    async with open_programs(database_url, role="closedloop_scoring") as reader:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await activate(reader, document())


def batch(*tenants: str) -> Batch[FeedbackSubmitted]:
    entries = [
        Entry(Record(topic="t", partition=0, offset=n, key=None, value=b""), event(tenant=tenant))
        for n, tenant in enumerate(tenants)
    ]
    return Batch(
        topic="t",
        topic_id=derived_id("t"),
        partition=0,
        first_offset=0,
        last_offset=len(tenants) - 1,
        entries=entries,
    )


async def test_events_of_tenants_without_a_program_are_refused_and_the_others_kept(
    programs: ProgramStore,
) -> None:
    await activate(programs, document())
    judged = await Admission(programs)(batch("acme", "stranger", "acme"))
    refusals = [one.decoded for one in judged.entries if isinstance(one.decoded, Rejected)]
    assert [isinstance(one.decoded, Rejected) for one in judged.entries] == [False, True, False]
    assert (refusals[0].code, refusals[0].field) == ("unknown_tenant", "tenant")
    assert "'stranger'" in refusals[0].detail


async def test_an_admission_waits_for_a_database_that_is_away(database_url: str) -> None:
    async with open_programs(database_url, role="closedloop_scoring") as programs:
        await programs.pool.close()
        with pytest.raises(TransientError):
            await Admission(programs)(batch("acme"))

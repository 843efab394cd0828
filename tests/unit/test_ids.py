from __future__ import annotations

from uuid import RFC_4122

from hypothesis import given
from hypothesis import strategies as st

from shared.ids import derived_id, feedback_id

PARTS = st.text(max_size=20)


@given(PARTS, PARTS, PARTS)
def test_the_id_of_feedback_is_the_one_of_its_tenant_source_and_id(
    tenant: str, source: str, event_id: str
) -> None:
    assert feedback_id(tenant, source, event_id) == derived_id(tenant, source, event_id)


@given(st.lists(PARTS, max_size=3), st.lists(PARTS, max_size=3))
def test_other_parts_give_another_id(one: list[str], other: list[str]) -> None:
    assert (derived_id(*one) == derived_id(*other)) == (one == other)


def test_an_id_is_a_uuid_of_version_8() -> None:
    named = derived_id("acme", 7)
    assert (named.version, named.variant) == (8, RFC_4122)

"""A provider's claims become one of our people, or are refused with what is missing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.web.auth import ROLES
from shared.web.oidc.claims import ClaimMap, UnknownPersonError, claim_at, principal_of

KEYCLOAK = ClaimMap(
    subject_claim="preferred_username",
    name_claim="name",
    roles_claim="realm_access.roles",
    roles={"agents": "frontline_owner", "leads": "team_lead"},
    tenant="demo",
    tenant_claim="",
)
MALI: dict[str, Any] = {
    "sub": "1",
    "preferred_username": "mali",
    "name": "Mali Chan",
    "realm_access": {"roles": ["offline_access", "agents"]},
}
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["roles", "name", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def by(**changes: Any) -> ClaimMap:  # noqa: ANN401  (any of the map's fields)
    return ClaimMap(**{name: getattr(KEYCLOAK, name) for name in ClaimMap.__slots__} | changes)


def test_groups_become_roles_and_the_rest_says_who_it_is() -> None:
    mali = principal_of(MALI, KEYCLOAK)
    assert (mali.tenant, mali.subject, mali.name) == ("demo", "mali", "Mali Chan")
    assert mali.roles == {"frontline_owner"}


def test_a_claim_whose_own_name_holds_dots_is_found() -> None:
    claims = MALI | {"https://acme.example/roles": ["leads"]}
    found = principal_of(claims, by(roles_claim="https://acme.example/roles"))
    assert found.roles == {"team_lead"}


def test_a_path_may_pass_a_name_that_holds_dots() -> None:
    claims = {"resource_access": {"closed.loop": {"roles": ["agents"]}}}
    assert claim_at(claims, "resource_access.closed.loop.roles") == ["agents"]


def test_roles_may_be_one_text_with_blanks() -> None:
    found = principal_of(MALI | {"realm_access": {"roles": "leads agents"}}, KEYCLOAK)
    assert found.roles == {"team_lead", "frontline_owner"}


def test_our_own_name_of_a_role_counts_only_where_the_map_says_so() -> None:
    with pytest.raises(UnknownPersonError, match=r"realm_access\.roles") as refused:
        principal_of(MALI | {"realm_access": {"roles": ["cx_admin"]}}, KEYCLOAK)
    assert refused.value.slug == "no-role"


def test_an_address_that_nobody_verified_is_nobody() -> None:
    where = by(subject_claim="email")
    for verified in (None, False, "true", 1):
        claims = MALI | {"email": "mali@acme.example", "email_verified": verified}
        with pytest.raises(UnknownPersonError) as refused:
            principal_of(claims, where)
        assert refused.value.slug == "email-not-verified"
    claims = MALI | {"email": "mali@acme.example", "email_verified": True}
    assert principal_of(claims, where).subject == "mali@acme.example"


@pytest.mark.parametrize("subject", ["", "  ", None, 17, "a\x00b", "a\ud800", "x" * 201, ["mali"]])
def test_what_cannot_be_a_name_is_no_subject(subject: object) -> None:
    with pytest.raises(UnknownPersonError) as refused:
        principal_of(MALI | {"preferred_username": subject}, KEYCLOAK)
    assert refused.value.slug == "no-subject"


@pytest.mark.parametrize("tenant", ["", "Demo", "a/b", None, ["demo"]])
def test_what_cannot_be_a_tenant_is_none(tenant: object) -> None:
    with pytest.raises(UnknownPersonError) as refused:
        principal_of(MALI | {"org": tenant}, by(tenant="", tenant_claim="org"))
    assert refused.value.slug == "no-tenant"


def test_a_fixed_tenant_is_never_taken_from_a_claim() -> None:
    assert principal_of(MALI | {"tenant": "other"}, KEYCLOAK).tenant == "demo"


@given(claims=st.dictionaries(st.sampled_from([*MALI, "email"]), json_values))
def test_any_claims_give_somebody_with_known_roles_or_are_refused(claims: dict[str, Any]) -> None:
    try:
        found = principal_of(claims, KEYCLOAK)
    except UnknownPersonError:
        return
    assert found.roles
    assert found.roles <= set(ROLES)
    assert found.subject.isprintable()

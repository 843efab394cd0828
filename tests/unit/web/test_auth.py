"""Tokens say who asks, and only what they were made for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import SettingsError
from shared.web.auth import Principal, issue_token, read_token
from shared.web.problems import SignInNeededProblem

SECRET = "a secret for tests, long enough to sign with"
MALI = Principal(
    tenant="demo", subject="mali", name="Mali Chan", roles=frozenset({"frontline_owner"})
)
AN_HOUR = timedelta(hours=1)


@given(
    tenant=st.text(min_size=1, max_size=20),
    subject=st.text(min_size=1, max_size=20),
    name=st.text(min_size=1, max_size=20),
    roles=st.frozensets(st.sampled_from(["frontline_owner", "team_lead", "auditor"])),
)
def test_a_token_gives_back_the_principal_that_it_was_issued_to(
    tenant: str, subject: str, name: str, roles: frozenset[str]
) -> None:
    principal = Principal(tenant=tenant, subject=subject, name=name, roles=roles)
    token = issue_token(principal, SECRET, lifetime=AN_HOUR)
    assert read_token(token, SECRET).principal == principal


@given(position=st.integers(min_value=0), letter=st.sampled_from("Ab0_"))
def test_a_token_with_any_letter_of_its_content_changed_is_refused(
    position: int, letter: str
) -> None:
    head, content, signature = issue_token(MALI, SECRET, lifetime=AN_HOUR).split(".")
    at = position % len(content)
    altered = content[:at] + letter + content[at + 1 :]
    if altered != content:
        with pytest.raises(SignInNeededProblem):
            read_token(f"{head}.{altered}.{signature}", SECRET)


def test_a_token_signed_with_another_secret_is_refused() -> None:
    token = issue_token(MALI, SECRET.upper(), lifetime=AN_HOUR)
    with pytest.raises(SignInNeededProblem, match="not valid"):
        read_token(token, SECRET)


def test_an_expired_token_is_refused_with_the_remedy() -> None:
    token = issue_token(MALI, SECRET, lifetime=-AN_HOUR)
    with pytest.raises(SignInNeededProblem, match="expired") as refused:
        read_token(token, SECRET)
    assert refused.value.remedy == "Sign in again."


def test_a_sign_in_link_opens_nothing_and_an_access_token_signs_nobody_in() -> None:
    link = issue_token(MALI, SECRET, lifetime=AN_HOUR, purpose="closedloop:sign-in")
    with pytest.raises(SignInNeededProblem):
        read_token(link, SECRET)
    access = issue_token(MALI, SECRET, lifetime=AN_HOUR)
    with pytest.raises(SignInNeededProblem):
        read_token(access, SECRET, purpose="closedloop:sign-in")


def test_no_token_is_signed_with_a_short_secret() -> None:
    with pytest.raises(SettingsError, match="CLOSEDLOOP_SECRET has 5 characters"):
        issue_token(MALI, "short", lifetime=AN_HOUR)

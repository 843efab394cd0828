from __future__ import annotations

from base64 import urlsafe_b64decode
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.promise_link import LAST_GENERATION, TOKEN, Link, link_of, token_of

SECRET = "a secret for tests, long enough to sign with"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

links = st.builds(Link, followup_id=st.uuids(), generation=st.integers(0, LAST_GENERATION))


@given(links)
def test_a_token_opens_what_it_was_made_for(link: Link) -> None:
    token = token_of(link, SECRET)
    assert TOKEN.fullmatch(token)
    assert link_of(token, SECRET) == link


@given(links, st.integers(0, 39), st.sampled_from(ALPHABET))
def test_a_token_with_another_character_opens_nothing(
    link: Link, place: int, character: str
) -> None:
    token = token_of(link, SECRET)
    altered = token[:place] + character + token[place + 1 :]
    assert link_of(altered, SECRET) == (link if altered == token else None)


# HMAC fills short keys up with zeros (RFC 2104): with zeros behind it is the same secret.
@given(links, st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1))
def test_another_secret_opens_nothing(link: Link, other: str) -> None:
    assert link_of(token_of(link, SECRET), SECRET + other) is None


@given(st.text(max_size=80) | st.text(ALPHABET, min_size=40, max_size=40))
def test_made_up_tokens_open_nothing(token: str) -> None:
    assert link_of(token, SECRET) is None


@given(links, links)
def test_tokens_of_two_links_are_not_put_together(one: Link, other: Link) -> None:
    first, second = token_of(one, SECRET), token_of(other, SECRET)
    if first != second:
        assert link_of(first[:16] + second[16:], SECRET) is None


@given(links)
def test_a_token_shows_nothing_of_what_it_names(link: Link) -> None:
    token = urlsafe_b64decode(token_of(link, SECRET))
    parts = [link.followup_id.bytes[n : n + 5] for n in range(12)]
    assert not any(part in token for part in parts)


def test_the_next_generation_of_a_link_looks_nothing_like_it() -> None:
    known = UUID("c2f1d9aa-70b4-8e0f-b3a6-91d4e5f60718")
    tokens = [token_of(Link(followup_id=known, generation=n), SECRET) for n in range(200)]
    alike = [sum(a == b for a, b in zip(tokens[0], one, strict=True)) for one in tokens[1:]]
    assert len(set(tokens)) == 200
    assert max(alike) < 10

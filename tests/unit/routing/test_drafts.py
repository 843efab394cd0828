"""What is kept of what people type, and what becomes of it when cases are merged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.drafts import Draft, Typed, made, together

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)


def reply(words: str, **fields: str) -> Draft:
    draft = made(Typed(form="reply", fields={"text": words, **fields}), NOW)
    assert draft
    return draft


def test_fields_without_anything_in_them_make_no_draft() -> None:
    assert made(Typed(form="next", fields={"note": " \n\t"}), NOW) is None
    assert made(Typed(form="next", fields={}), NOW) is None


def test_a_choice_alone_is_a_draft() -> None:
    draft = made(
        Typed(form="resolved", fields={"what": "late", "why": "", "action_taken": ""}), NOW
    )
    assert draft
    assert draft.fields == {"what": "late"}


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip), max_size=5))
def test_no_word_is_lost_where_cases_were_merged(words: list[str]) -> None:
    found = together([reply(one) for one in words])
    assert all(one in found["reply"].fields["text"] for one in words)
    assert set(found) == ({"reply"} if words else set())


def test_of_choices_the_first_stays_and_the_words_follow_each_other() -> None:
    first = Draft(form="reply", fields={"text": "Sorry.", "language": "en"}, saved_at=NOW)
    later = NOW + timedelta(minutes=3)
    second = Draft(form="reply", fields={"text": "ຂໍອະໄພ", "language": "lo"}, saved_at=later)
    note = Draft(form="next", fields={"note": "Call her."}, saved_at=NOW)
    found = together([first, note, second])
    joined = {"text": "Sorry.\n\nຂໍອະໄພ", "language": "en"}
    assert found["reply"] == Draft(form="reply", fields=joined, saved_at=later)
    assert found["next"] is note


def test_a_cause_and_an_offers_words_share_a_name_and_are_not_mixed_up() -> None:
    causes = [
        Draft(form="resolved", fields={"why": cause}, saved_at=NOW) for cause in ("system", "staff")
    ]
    offers = [Draft(form="offer", fields={"why": words}, saved_at=NOW) for words in ("a", "b")]
    found = together([*causes, *offers])
    assert found["resolved"].fields == {"why": "system"}
    assert found["offer"].fields == {"why": "a\n\nb"}

"""Entries of a program's own that borrow the words of the default taxonomy's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scoring.judges import open_judges
from shared.program.causes import Cause, Taxonomy
from shared.program.diff import compare
from shared.program.document import Program
from shared.program.loading import Fault, ProgramError, base_of, read_program, read_stored
from shared.program.taxonomy import HALVES, default_words, taxonomy
from tests.unit.program.samples import DOCUMENT, document

ENTRY = "{id: delay, name: Too late}"
REASON = "{id: unknown, name: Not known}"


def text_with(entry: str, *, base: str = "", instead_of: str = ENTRY) -> str:
    on_base = f"  base: {base}\n" if base else ""
    return document(replacing={instead_of: entry, "  what:": f"{on_base}  what:"})


def borrowing(entry: str, *, base: str = "") -> Cause:
    return read_program(text_with(entry, base=base)).taxonomy.what[0]


def only_fault(text: str) -> Fault:
    with pytest.raises(ProgramError) as caught:
        read_program(text)
    (fault,) = caught.value.faults
    return fault


def all_others(of: str) -> dict[str, Any]:
    return {half: [{"id": of, "name": of, "words": {"en": [of]}}] for half in HALVES}


def test_an_entry_that_is_like_another_is_told_by_its_words_in_every_language() -> None:
    late = borrowing("{id: late, name: Late, like: [delay]}")
    assert {language: [*words] for language, words in late.words.items()} == default_words("what")[
        "delay"
    ]
    assert len(late.words) == 8
    assert late.name == "Late"


def test_own_words_come_first_and_none_stands_twice() -> None:
    shared, *_ = default_words("what")["delay"]["en"]
    late = borrowing(f"{{id: late, name: L, like: [delay], words: {{en: [tardy, {shared}]}}}}")
    assert late.words["en"][:2] == ("tardy", shared)
    assert len(set(late.words["en"])) == len(late.words["en"])


def test_an_entry_can_be_like_several() -> None:
    late = borrowing("{id: late, name: Late, like: [delay, cancellation]}")
    lent = default_words("what")
    for like in ("delay", "cancellation"):
        assert {*lent[like]["th"]} <= {*late.words["th"]}


def test_a_reason_borrows_from_the_reasons() -> None:
    text = text_with("{id: it, name: Our systems, like: [system]}", instead_of=REASON)
    assert read_program(text).taxonomy.why[0].words["en"] == (
        *default_words("why")["system"]["en"],
    )


def test_an_entry_of_the_base_gets_another_name_and_keeps_its_words() -> None:
    program = read_program(text_with("{id: delay, name: Tardy, like: [delay]}", base="default"))
    tardy, *others = program.taxonomy.what
    assert (tardy.name, "es" in tardy.words) == ("Tardy", True)
    assert "delay" not in {cause.id for cause in others}


def test_texts_are_judged_by_borrowed_words() -> None:
    program = read_program(text_with("{id: late, name: Late, like: [delay]}"))
    theme = open_judges(program).theme
    assert theme.judge("El vuelo llegó tarde y perdí mi conexión.", "es").label == "late"


@pytest.mark.parametrize(
    ("like", "instead_of", "line", "place", "words"),
    [
        ("delya", ENTRY, 22, "taxonomy.what.a.like", "'delya' is not in what of the default tax"),
        ("delya", ENTRY, 22, "taxonomy.what.a.like", "the nearest are delay"),
        ("system", ENTRY, 22, "taxonomy.what.a.like", "'system' is not in what"),
        ("sistem", REASON, 23, "taxonomy.why.a.like", "the nearest are system"),
        ("xyz", REASON, 23, "taxonomy.why.a.like", "but people_training, process, policy"),
    ],
)
def test_an_unknown_entry_is_refused_with_the_nearest_that_there_are(
    like: str, instead_of: str, line: int, place: str, words: str
) -> None:
    fault = only_fault(text_with(f"{{id: a, name: A, like: [{like}]}}", instead_of=instead_of))
    assert (fault.line, fault.place) == (line, place)
    assert words in fault.detail
    assert fault.remedy


def test_a_single_word_is_refused_with_how_to_write_it() -> None:
    fault = only_fault(text_with("{id: a, name: A, like: delay}"))
    assert (fault.line, fault.place) == (22, "taxonomy.what.a.like")
    assert "[one, two]" in fault.remedy


@pytest.mark.parametrize("base", ["", "default", "airline"])
def test_a_stored_version_means_the_same_when_what_ships_has_changed(
    base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = text_with("{id: late, name: Late, like: [delay]}", base=base)
    text = text.replace(REASON, "{id: it, name: Our systems, like: [system]}")
    then = read_program(text, version=3)
    pinned = base_of(then)
    changed = all_others(of="other")
    monkeypatch.setattr("shared.program.causes.taxonomy", lambda _: changed)
    words = {like: {"en": ["x"]} for like in ("delay", "system")}
    monkeypatch.setattr("shared.program.causes.default_words", lambda _: words)
    now = read_program(text, version=3)
    assert (now.taxonomy.what[0].words, now.taxonomy.why[0].words) == ({"en": ("x",)},) * 2
    assert read_stored(text, version=3, base=pinned) == then


@pytest.mark.parametrize("base", ["", "default", "airline"])
def test_what_is_kept_of_a_program_that_borrows_nothing_is_its_base_alone(base: str) -> None:
    kept = json.dumps(taxonomy(base), ensure_ascii=False) if base else None
    assert base_of(read_program(text_with(ENTRY, base=base))) == kept


def test_only_the_words_that_are_borrowed_are_kept() -> None:
    kept = base_of(read_program(text_with("{id: late, name: Late, like: [delay]}")))
    assert kept is not None
    assert json.loads(kept) == {
        "like": {"what": {"delay": default_words("what")["delay"]}, "why": {}}
    }


def test_another_entry_to_be_like_is_a_change_and_so_are_its_words() -> None:
    old, new = (
        read_program(text_with(f"{{id: late, name: Late, like: [{like}]}}"))
        for like in ("delay", "food")
    )
    changes = {change.place: change for change in compare(old, new)}
    entry = ("taxonomy", "what", "late")
    assert (changes[*entry, "like"].old, changes[*entry, "like"].new) == (["delay"], ["food"])
    assert (*entry, "words", "en") in changes


_WORDS = st.dictionaries(
    st.sampled_from(["en", "es", "zh", "pt", "*"]),
    st.lists(st.sampled_from(["late", "tarde", "hungry", "迟到"]), max_size=3),
    max_size=3,
)


@st.composite
def taxonomies(draw: st.DrawFn) -> dict[str, Any]:
    """Make taxonomies whose entries borrow what they like."""
    return {
        half: [
            {
                "id": f"own-{number}",
                "name": "Own",
                "like": draw(st.lists(st.sampled_from([*default_words(half)]), max_size=3)),
                "words": draw(_WORDS),
            }
            for number in range(draw(st.integers(1, 3)))
        ]
        for half in HALVES
    }


@given(taxonomies())
def test_an_entry_has_its_own_words_and_those_that_it_borrows_and_no_others(
    said: dict[str, Any],
) -> None:
    read = Taxonomy.model_validate(said)
    for half in HALVES:
        for own, cause in zip(said[half], getattr(read, half), strict=True):
            lent = [own["words"], *(default_words(half)[like] for like in own["like"])]
            languages = {language for words in lent for language in words}
            assert cause.words.keys() == languages
            for language in languages:
                listed = [word for words in lent for word in words.get(language, ())]
                assert {*cause.words[language]} == {*listed}


@given(taxonomies())
def test_what_was_read_is_read_again_as_it_is(said: dict[str, Any]) -> None:
    read = Taxonomy.model_validate(said)
    assert Taxonomy.model_validate(read.model_dump()) == read


@given(taxonomies())
def test_a_program_is_stored_and_read_as_the_same(said: dict[str, Any]) -> None:
    own = DOCUMENT[DOCUMENT.index("taxonomy:") : DOCUMENT.index("sla:")]
    text = document(replacing={own: f"taxonomy: {json.dumps(said, ensure_ascii=False)}\n"})
    program: Program = read_program(text)
    assert read_stored(text, version=1, base=base_of(program)) == program

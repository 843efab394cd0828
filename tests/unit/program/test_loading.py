from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.program.document import Program
from shared.program.loading import Fault, ProgramError, read_program, read_stored
from shared.program.taxonomy import names
from tests.unit.program.samples import DOCUMENT, document


def faults(text: str) -> list[Fault]:
    with pytest.raises(ProgramError) as caught:
        read_program(text)
    return caught.value.faults


def only_fault(text: str) -> Fault:
    (fault,) = faults(text)
    return fault


def test_a_sound_document_becomes_a_program() -> None:
    program = read_program(DOCUMENT, version=7)
    assert (program.tenant, program.version, len(program.rules)) == ("acme", 7, 2)


def test_the_version_in_the_document_gives_way_to_the_one_that_activation_gives() -> None:
    text = f"version: 3\n{DOCUMENT}"
    assert read_program(text).version == 3
    assert read_program(text, version=9).version == 9


@pytest.mark.parametrize(
    ("old", "new", "line", "place", "words"),
    [
        ("default_team: desk", "default_team: nope", 11, "default_team", "'nope' is not in"),
        ("lead: ann", "lead: bob", 8, "teams.desk.owners", "'bob' is not in"),
        ("severity: high\n", "severity: hihg\n", 15, "rules.refund.severity", "'critical'"),
        ("id: gold", "id: refund", 12, "rules", "stands twice"),
        ("id: gold", "id: detractor", 17, "rules.detractor.id", "default rule"),
        ("segment ==", "segmnt ==", 18, "rule gold", "no variable 'segmnt'"),
        ("name: Acme", "name: Acme\ntime_zone: Mars/Base", 3, "time_zone", "no time zone"),
        ("name: Acme", "name: yes", 2, "name", "valid string"),
        ("name: Acme", "nmae: Acme\nname: Acme", 2, "nmae", "no such key"),
        ("  - {severity: low, resolve_hours: 72}\n", "", 24, "sla", "policy for severity low"),
        (
            "default_team: desk",
            "scales: {nps: {detractor_max: 9, promoter_min: 9}}\ndefault_team: desk",
            11,
            "scales.nps.promoter_min",
            "above detractor_max",
        ),
        (
            "default_team: desk",
            "scales: {nps: {detractor_max: .nan, promoter_min: 9}}\ndefault_team: desk",
            11,
            "scales.nps.detractor_max",
            "finite",
        ),
        ("id: delay,", "id: delay, parent: nope,", 22, "taxonomy.what.delay.parent", "not in this"),
        ("id: delay,", "id: delay, parent: delay,", 22, "taxonomy.what.delay.parent", "two levels"),
        ("{id: delay, name: Too late}", "", 22, "taxonomy.what", "names nothing"),
        (
            "name: Too late",
            "words: {en: late}, name: Late",
            22,
            "taxonomy.what.delay.words.en",
            "list",
        ),
        ("  what:", "  base: nothing\n  what:", 22, "taxonomy.base", "'airline'"),
        (
            "default_team: desk",
            "drivers: [{id: speed, name: Speed, themes: [slow]}]\ndefault_team: desk",
            11,
            "drivers.speed.themes",
            "'slow' is not in",
        ),
        (
            "default_team: desk",
            "drivers: [{id: speed, name: Speed}]\ndefault_team: desk",
            11,
            "drivers.speed.themes",
            "themes or the words",
        ),
        (
            "default_team: desk",
            "listening_posts: [{id: a, name: A, kind: survey, scale: b}]\ndefault_team: desk",
            11,
            "listening_posts.a.scale",
            "'nps'",
        ),
        (
            "default_team: desk",
            "co_creation: {when: categry == 'promoter'}\ndefault_team: desk",
            11,
            "rule co_creation",
            "no variable 'categry'",
        ),
        (
            "default_team: desk",
            "models: {theme: latest}\ndefault_team: desk",
            11,
            "models.theme",
            "pattern",
        ),
        ("severity: medium\n", "severity: none\n", 19, "rules.gold.severity", "how bad"),
    ],
)
def test_a_fault_is_named_with_its_line_and_place(
    old: str, new: str, line: int, place: str, words: str
) -> None:
    fault = only_fault(document(replacing={old: new}))
    assert (fault.line, fault.place) == (line, place)
    assert words.lower() in fault.detail.lower()
    assert fault.remedy


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "mapping"),
        ("[]", 1, "mapping"),
        ("tenant: a\ntenant: b", 2, "'tenant' stands twice"),
        ("a: &x [1]\nb: *x", 2, "aliases"),
        ("a: !!python/object/apply:os.system [ls]", 1, "tag"),
        ("a: !!python/name:os.system x", 1, "tag"),
        ("a: !!set {b, c}", 1, "tag"),
        ("a: [b", 2, "expected"),
        ("a: 1\n\tb: 2", 2, "tab"),
        ("a: \x00", 1, "control characters"),
        ('a: "\\ud800"', 1, "escape"),
        ("a: 2024-99-99", 1, "month"),
        ("a: " + "9" * 5000, 1, "no value"),
        ("? [a]\n: b", 1, "a key should be a word"),
        ("--- a\n--- b", 2, "another document"),
        ("[" * 10_000, 1, "nested too deep"),
        ("a: {" * 100, 1, "nested too deep"),
        ("#" * 1_000_001, 1, "1,000,001 characters"),
    ],
)
def test_what_is_not_one_plain_document_is_refused(text: str, line: int, words: str) -> None:
    fault = only_fault(text)
    assert fault.line == line
    assert words in fault.detail
    assert fault.remedy


def test_a_document_that_would_expand_without_bound_is_refused_at_once() -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 10)]
    assert "aliases" in only_fault("\n".join(["l0: &l0 [lol]", *levels])).detail


def test_all_faults_of_a_document_are_told_in_its_order() -> None:
    text = document(replacing={"name: Acme": "nmae: Acme", "resolve_hours: 4": "resolve_hours: 0"})
    assert [fault.line for fault in faults(text)] == [1, 2, 28]


def test_a_refusal_is_readable_as_a_whole() -> None:
    with pytest.raises(ProgramError, match="The program has one fault:\n  line 3, time_zone: "):
        read_program(document(replacing={"name: Acme": "name: Acme\ntime_zone: Mars/Base"}))


@given(st.text(max_size=80))
def test_any_text_is_refused_in_words(text: str) -> None:
    assert all(fault.remedy for fault in faults(text))


@given(st.integers(0, len(DOCUMENT)), st.text(max_size=4), st.integers(0, 6))
def test_a_document_with_a_slip_is_read_or_refused_in_words(
    at: int, inserted: str, deleted: int
) -> None:
    with suppress(ProgramError):
        read_program(DOCUMENT[:at] + inserted + DOCUMENT[at + deleted :])


def test_a_taxonomy_on_a_base_has_its_own_entries_first_and_those_of_the_base_after() -> None:
    program = read_program(document(replacing={"  what:": "  base: default\n  what:"}))
    what = {cause.id: cause for cause in program.taxonomy.what}
    assert program.taxonomy.what[0].name == "Too late"
    assert what["delay"].words == {}
    assert "en" in what["waiting"].words
    assert len(what) == len(program.taxonomy.what)
    assert {cause.id for cause in program.taxonomy.why} >= {"unknown", "process", "supplier"}


def test_a_base_alone_is_a_taxonomy() -> None:
    own = DOCUMENT[DOCUMENT.index("  what:") : DOCUMENT.index("sla:")]
    for name in names():
        program = read_program(document(replacing={own: f"  base: {name}\n"}))
        assert program.taxonomy.what
        assert program.taxonomy.why


def test_a_stored_program_keeps_the_base_that_it_was_activated_with() -> None:
    text = document(replacing={"  what:": "  base: default\n  what:"})
    then = json.dumps({"what": [{"id": "then", "name": "Then"}], "why": []})
    stored = read_stored(text, version=3, base=then)
    assert [cause.id for cause in stored.taxonomy.what] == ["delay", "then"]
    assert [cause.id for cause in stored.taxonomy.why] == ["unknown"]


def test_the_sample_companys_program_is_sound() -> None:
    root = Path(__file__).parents[3]
    text = (root / "deploy/sample/program.yaml").read_text(encoding="utf-8")
    assert isinstance(read_program(text), Program)

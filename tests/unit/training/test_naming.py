from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.training.errors import AdoptionError
from deploy.training.naming import naming
from services.scoring.adapters.models import Target
from shared.program.loading import read_program
from tests.unit.program.samples import document

#: A version that YAML would read as a number, did it stand without quotes.
NUMBER = "12e4567890123456"
OTHER = "00000000000000ff"

versions = st.text("0123456789abcdef", min_size=16, max_size=16)
targets: st.SearchStrategy[Target] = st.sampled_from(["sentiment", "theme"])
sections = st.sampled_from(
    [
        "",
        "models: {}\n",
        f"models: {{sentiment: '{OTHER}'}}\n",
        f"models: {{theme: '{OTHER}'}}\n",
        f"models: {{theme: '{OTHER}', sentiment: '{OTHER}'}}   # both\n",
        f"models:\n  # ours\n  sentiment: '{OTHER}'  # good\n",
        f'models:\n    theme: "{OTHER}"\n    sentiment: {OTHER}\n',
        "models:\n  theme: null\n",
        "models:\n  theme:\n",
        "# the end",
    ]
)


@settings(max_examples=30)
@given(sections, targets, versions, st.booleans())
def test_the_model_is_named_and_nothing_else_is_changed(
    section: str, target: Target, version: str, is_first: bool
) -> None:
    base = document()
    text = f"{section}\n{base}" if is_first else base + section
    before = read_program(text)

    after = read_program(naming(text, target, version))

    assert getattr(after.models, target) == version
    models = before.models.model_copy(update={target: version})
    assert after == before.model_copy(update={"models": models})


@settings(max_examples=20)
@given(sections, versions)
def test_what_the_author_wrote_stays_as_it_stands(section: str, version: str) -> None:
    comments = [line for line in section.splitlines() if "# " in line]

    changed = naming(document() + section, "theme", version)

    assert changed.startswith(document())
    assert all(comment[comment.index("# ") :] in changed for comment in comments)


def test_a_program_in_json_is_changed_too() -> None:
    text = json.dumps(yaml.safe_load(document()), indent=2)
    assert read_program(naming(text, "theme", NUMBER)).models.theme == NUMBER


def test_lines_that_end_as_on_windows_stay_so() -> None:
    text = document().replace("\n", "\r\n")
    changed = naming(text, "theme", NUMBER)
    assert changed.startswith(text)
    assert read_program(changed).models.theme == NUMBER


def test_a_document_that_it_cannot_be_written_into_is_left_to_a_person() -> None:
    with pytest.raises(AdoptionError, match=f"Write `models: {{theme: '{NUMBER}'}}` into it"):
        naming(document() + "...\n", "theme", NUMBER)

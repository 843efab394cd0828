from __future__ import annotations

from services.scoring.adapters.second_opinion import messages, prompt, response_format
from services.scoring.domain.second_opinion import MOST_CHARACTERS, question_of
from tests.unit.program.samples import program
from tests.unit.scoring.events import feedback


def test_personal_data_stays_at_home() -> None:
    said = feedback(
        text="I am Mali Chan, mali@example.com, +856 20 5555 1234, booking X7K2PQ. Call me!",
        contact={"name": "Mali Chan", "email": "mali@example.com"},
        customer_id="C-99812",
        segment="gold",
    )
    asked = messages(question_of(said, "en", program()))
    sent = "\n".join(one["content"] for one in asked)
    for secret in ("Mali", "Chan", "example.com", "5555", "X7K2PQ", "C-99812", "gold", "survey"):
        assert secret not in sent
    assert "Call me!" in asked[1]["content"]


def test_the_answer_is_held_to_the_programs_ids() -> None:
    question = question_of(feedback(text="Late."), None, program())
    schema = response_format(question)["json_schema"]["schema"]
    assert schema["properties"]["theme"]["anyOf"][0]["enum"] == ["delay"]
    assert "- delay: Too late" in messages(question)[0]["content"]
    assert "Language: not known" in messages(question)[1]["content"]


def test_braces_in_a_text_are_text() -> None:
    question = question_of(feedback(text="{themes} {0} {{"), "en", program())
    assert "{themes} {0} {{" in messages(question)[1]["content"]


def test_a_very_long_text_is_cut() -> None:
    question = question_of(feedback(text="ยาว" * 10_000), "th", program())
    assert len(question.text) == MOST_CHARACTERS


def test_the_prompts_version_names_its_words() -> None:
    number, digest = prompt().version.split("-")
    assert number == "1"
    assert len(digest) == 8

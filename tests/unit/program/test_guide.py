from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from services.scoring.domain.rating import ENDS, Rating, default_severity
from shared.contracts.events import Severity
from shared.program.conditions import FUNCTIONS, VARIABLES
from shared.program.document import DEFAULT_SCALES
from shared.program.escalation import DEFAULT_ESCALATIONS
from shared.program.loading import read_program
from tests.unit.program.samples import DOCUMENT
from tests.unit.scoring.events import feedback

GUIDE = (Path(__file__).parents[3] / "docs/guides/program.md").read_text(encoding="utf-8")


def test_the_guides_program_is_sound() -> None:
    document, *_ = re.findall(r"```yaml\n(.*?)```", GUIDE, flags=re.DOTALL)
    program = read_program(document)
    assert len(program.rules) == 4


def test_the_guides_calendar_and_deadlines_are_sound() -> None:
    _, parts, *_ = re.findall(r"```yaml\n(.*?)```", GUIDE, flags=re.DOTALL)
    head, others = DOCUMENT.split("sla:\n")
    head = head.replace("owners: [ann]}", "owners: [ann], calendar: munich}")
    others = "".join(line for line in others.splitlines(keepends=True) if "high" not in line)
    program = read_program(head + parts + others)
    assert program.sla_policy(Severity.HIGH, "gold").clock == "business"


def test_the_guides_owners_and_absences_are_sound() -> None:
    document, calendars, staff, *_ = re.findall(r"```yaml\n(.*?)```", GUIDE, flags=re.DOTALL)
    evenings = calendars.split("sla:")[0].replace("id: munich", "id: evenings")
    replaced = {one.split(":")[0] for one in re.split(r"\n(?=\w)", staff)}
    kept = [one for one in re.split(r"\n(?=\w)", document) if one.split(":")[0] not in replaced]
    text = "\n".join([*kept, staff, evenings])
    program = read_program(
        text.replace("head: tomas", "head: mei").replace("team: crew", "team: desk")
    )
    assert [one.by for one in program.teams[0].assignment] == [
        "account",
        "continuity",
        "language",
        "place",
    ]


def test_the_guides_escalations_are_sound() -> None:
    part = GUIDE.split("## Escalations")[1]
    ladder = re.search(r"```yaml\n(.*?)```", part, flags=re.DOTALL)
    assert ladder
    program = read_program(DOCUMENT + ladder[1])
    assert program.escalations[:3] == DEFAULT_ESCALATIONS
    assert len(program.escalations) == 4


def test_the_guides_addresses_are_sound() -> None:
    part = re.findall(r"```yaml\n(.*?)```", GUIDE.split("## Escalations")[1], flags=re.DOTALL)[1]
    owners = yaml.safe_load(part)["owners"]
    program = read_program(yaml.safe_dump({**yaml.safe_load(DOCUMENT), "owners": owners}))
    assert [one.email for one in program.owners] == ["ann@harbour.example"]


def test_the_guides_channels_are_sound_and_say_the_defaults() -> None:
    part = re.search(r"```yaml\n(.*?)```", GUIDE.split("## Other channels")[1], flags=re.DOTALL)
    assert part
    plain, chat = read_program(DOCUMENT + part[1]).contact.channels
    assert (plain.reaches_by, plain.max_characters) == ("phone", 1000)
    assert (plain.quotes, plain.logged_as) == (False, "message")
    assert (chat.quotes, chat.logged_as, chat.name_in("pt")) == (
        True,
        "chat",
        "Conversa na aplicação",
    )


def test_the_guides_recovery_is_sound_and_says_the_defaults() -> None:
    part = re.search(r"```yaml\n(.*?)```", GUIDE.split("## Making it good")[1], flags=re.DOTALL)
    assert part
    recovery = read_program(DOCUMENT + part[1]).recovery
    assert recovery
    assert recovery == recovery.model_copy(
        update={
            name: field.default
            for name, field in type(recovery).model_fields.items()
            if not field.is_required()
        }
    )


def test_the_guide_names_every_variable_and_no_other() -> None:
    table = GUIDE.split("### Variables")[1].split("###")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)) == VARIABLES.keys()


def test_the_guide_names_every_function() -> None:
    functions = GUIDE.split("### Functions and limits")[1]
    assert all(f"`{name}`" in functions for name in FUNCTIONS)


@pytest.mark.parametrize("scale", sorted(DEFAULT_SCALES))
def test_the_guide_tells_where_each_scale_is_cut(scale: str) -> None:
    row = re.search(rf"^\| `{scale}` \|[^|]*\| ([\d.]+)[^|]*\| ([\d.]+)", GUIDE, re.MULTILINE)
    assert row is not None
    cut = next(cut for name, cut in DEFAULT_SCALES.items() if name == scale)
    assert (float(row[1]), float(row[2])) == (cut.detractor_max, cut.promoter_min)


@pytest.mark.parametrize("scale", sorted(ENDS))
def test_the_guide_tells_the_default_severities(scale: str) -> None:
    table = GUIDE.split("| scale | high | medium | low |")[1].split("\n\n")[0]
    row = re.search(rf"^\| `{scale}` \|(.*)\|$", table, re.MULTILINE)
    assert row is not None
    columns = [cell.replace(",", " ").split() for cell in row[1].split("|")]
    for severity, values in zip(["high", "medium", "low"], columns, strict=True):
        for value in map(float, values):
            rating = _rating(scale, value)
            assert default_severity(rating, DEFAULT_SCALES[rating.scale]) == severity


def _rating(scale: str, value: float) -> Rating:
    rating = feedback(rating={"scale": scale, "value": value}).rating
    assert rating is not None
    return rating


def test_what_the_customers_guide_lets_one_set_is_sound_and_says_the_defaults() -> None:
    guide = Path(__file__).parents[3] / "docs/guides/customers-page.md"
    (parts,) = re.findall(r"```yaml\n(.*?)```", guide.read_text(encoding="utf-8"), flags=re.DOTALL)
    said, plain = read_program(DOCUMENT + parts), read_program(DOCUMENT)
    assert said.promise.phone
    assert said.promise.model_copy(update={"phone": None}) == plain.promise
    assert said.resurvey.model_copy(update={"question": {}}) == plain.resurvey

"""A small program for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shared.program.document import DetectionRule, Program
from shared.program.loading import read_program

DOCUMENT = """\
tenant: acme
name: Acme
departments:
  - {id: care, name: Care, head: ann}
owners:
  - {id: ann, name: Ann Lee, languages: [en, lo]}
teams:
  - {id: desk, name: Desk, department: care, lead: ann, owners: [ann]}
touchpoints:
  - {id: shop, name: The shop, team: desk}
default_team: desk
rules:
  - id: refund
    when: category == 'detractor' && text_lower.contains('refund')
    severity: high
    reason: An unhappy customer waits for money
  - id: gold
    when: category == 'detractor' && segment == 'gold'
    severity: medium
    reason: A gold customer is unhappy
taxonomy:
  what: [{id: delay, name: Too late}]
  why: [{id: unknown, name: Not known}]
sla:
  - {severity: low, resolve_hours: 72}
  - {severity: medium, resolve_hours: 48}
  - {severity: high, resolve_hours: 24}
  - {severity: critical, resolve_hours: 4}
"""


def document(*, tenant: str = "acme", replacing: Mapping[str, str] | None = None) -> str:
    """Return the document for `tenant`, with some of its words replaced."""
    text = DOCUMENT.replace("tenant: acme", f"tenant: {tenant}")
    for old, new in (replacing or {}).items():
        assert old in text
        text = text.replace(old, new)
    return text


def program(rules: Sequence[DetectionRule] | None = None, *, version: int = 1) -> Program:
    """Return the program, with other rules where they are given."""
    changes: dict[str, object] = {"version": version}
    if rules is not None:
        changes["rules"] = tuple(rules)
    return _PROGRAM.model_copy(update=changes)


def rule(when: str, *, name: str = "r", severity: str = "high", flag: bool = True) -> DetectionRule:
    """Return a rule with the condition `when`."""
    return DetectionRule.model_validate(
        {"id": name, "when": when, "severity": severity, "flag": flag, "reason": f"{name} holds"}
    )


_PROGRAM = read_program(DOCUMENT)

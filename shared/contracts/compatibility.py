"""Which changes of a contract break those who rely on what was released.

Both directions count. Events that the new version lets through must pass the released one, since
consumers that were not updated yet read them; and events of the released version must pass
the new one, since they lie on the topic and publishers go on sending them. A new optional
field is the change that does both no harm. Anything else is a new version of the event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from shared.contracts.catalog import topics

#: What a schema says to people and not about events.
_REMARKS = {"$defs", "$id", "$schema", "default", "description", "examples", "title"}
_NAMED = {"properties", "required", *_REMARKS}
_ALTERNATIVES = ("anyOf", "oneOf")

Schema = Mapping[str, Any]


def breaking_changes(released: Schema, candidate: Schema) -> list[str]:
    """Return each change from `released` to `candidate` that breaks somebody, as a sentence."""
    return list(_compared(_inlined(released), _inlined(candidate), ""))


def affected(event: str) -> str:
    """Name who relies on the contract `event`: the readers and writers of its topics."""
    concerned = [topic for topic in topics().values() if topic.event == event]
    readers = sorted({group for topic in concerned for group in topic.consumers})
    writers = sorted({party for topic in concerned for party in topic.publishers})
    return f"consumers: {', '.join(readers) or 'none of ours'}; publishers: {', '.join(writers)}"


def _inlined(schema: Schema) -> Any:  # noqa: ANN401  (any part of a schema)
    """Return the schema with each reference replaced by what it names, without remarks."""
    definitions = schema.get("$defs", {})

    def inline(part: Any) -> Any:  # noqa: ANN401
        if isinstance(part, list):
            return [inline(item) for item in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            return inline(definitions[part["$ref"].removeprefix("#/$defs/")])
        return {
            key: {name: inline(field) for name, field in value.items()}
            if key == "properties"
            else inline(value)
            for key, value in part.items()
            if key not in _REMARKS | {"discriminator"}
        }

    return inline(dict(schema))


def _compared(released: Schema, candidate: Schema, place: str) -> Iterator[str]:
    yield from _rules_compared(released, candidate, place or "the event")
    old, new = released.get("properties", {}), candidate.get("properties", {})
    was_required = set(released.get("required", ()))
    is_required = set(candidate.get("required", ()))
    for name in old:
        where = f"{place}.{name}".lstrip(".")
        if name not in new:
            yield f"{where} was removed or renamed"
            continue
        if name in was_required - is_required:
            yield f"{where} is no longer required: released consumers demand it"
        yield from _compared(old[name], new[name], where)
    for name in sorted(is_required - was_required):
        yield f"{f'{place}.{name}'.lstrip('.')} is now required: released events lack it"


def _rules_compared(released: Schema, candidate: Schema, where: str) -> Iterator[str]:
    for rule in sorted((released.keys() | candidate.keys()) - _NAMED):
        old, new = released.get(rule), candidate.get(rule)
        if old == new:
            continue
        if rule in _ALTERNATIVES and old and new and len(old) == len(new):
            for before, after in zip(old, new, strict=True):
                yield from _compared(before, after, where)
        else:
            yield f"{where}: {rule} was {_short(old)} and is {_short(new)}"


def _short(rule: Any) -> str:  # noqa: ANN401
    text = "absent" if rule is None else str(rule)
    return text if len(text) <= 80 else f"{text[:79]}…"  # noqa: PLR2004  (one line of output)

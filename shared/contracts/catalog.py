"""Which topics there are: topics.yaml, checked when it is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.contracts.dead_letter import DEAD_LETTER
from shared.contracts.event_types import EVENTS
from shared.errors import ClosedLoopError

TOPICS_FILE = Path(__file__).with_name("topics.yaml")

#: What a dead letter needs besides the record that it carries: reason and place, as headers.
DEAD_LETTER_ROOM_BYTES = 128 * 1024
#: What a message needs besides its value: the key and the frame that Kafka puts around both.
FRAME_BYTES = 4096

Service = Literal["ingest", "scoring", "routing", "outer_loop"]
TopicName = Annotated[str, StringConstraints(pattern=r"^[a-z_]+([.-][a-z_]+)*\.v[1-9][0-9]*$")]


class CatalogError(ClosedLoopError):
    """topics.yaml contradicts itself or the events that there are."""


class Topic(BaseModel):
    """A topic. Its fields are explained at the head of topics.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    purpose: Annotated[str, Field(min_length=1)]
    owner: Service
    publishers: Annotated[tuple[str, ...], Field(min_length=1, strict=False)]
    consumers: Annotated[tuple[Service, ...], Field(strict=False)]
    key: Annotated[str, Field(min_length=1)]
    partitions: Annotated[int, Field(ge=1, le=1000)]
    retention_days: Annotated[int, Field(ge=7, le=3650)]
    max_bytes: Annotated[int, Field(ge=65_536, le=4_000_000)]
    event: str

    @property
    def is_dead_letters(self) -> bool:
        """Whether the topic holds what a consumer group could not handle."""
        return self.event == DEAD_LETTER

    @property
    def max_value_bytes(self) -> int:
        """The largest event, in bytes, that fits into a message of the topic."""
        return self.max_bytes - FRAME_BYTES

    @model_validator(mode="after")
    def _holds_a_known_event(self) -> Self:
        if self.event not in EVENTS and not self.is_dead_letters:
            raise ValueError(f"no event is called {self.event}")
        if self.owner not in self.publishers:
            raise ValueError("the owner of a topic is one of its publishers")
        return self


class _Catalog(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    topics: dict[TopicName, Topic]

    @model_validator(mode="after")
    def _every_group_has_room_for_its_dead_letters(self) -> Self:
        for name, topic in self.topics.items():
            for group in topic.consumers:
                self._check_dead_letters(group, name, topic)
        return self

    def _check_dead_letters(self, group: Service, name: str, topic: Topic) -> None:
        where = dead_letter_topic(group)
        letters = self.topics.get(where)
        if letters is None or not letters.is_dead_letters or letters.owner != group:
            raise ValueError(f"{group} reads {name} and needs {where}, which it owns")
        if letters.max_bytes < topic.max_bytes + DEAD_LETTER_ROOM_BYTES:
            raise ValueError(f"{where} can't take the largest message of {name} with a reason")
        if letters.retention_days < topic.retention_days:
            raise ValueError(f"{where} forgets sooner than {name}")


def dead_letter_topic(group: str) -> str:
    """Return the name of the topic that takes what the consumer `group` can't handle."""
    return f"{group}.dead-letter.v1"


@cache
def topics() -> Mapping[str, Topic]:
    """Return every topic by name, in the order of topics.yaml."""
    return read_topics(TOPICS_FILE.read_text(encoding="utf-8"))


def read_topics(text: str) -> Mapping[str, Topic]:
    """Return the topics that a document in the form of topics.yaml declares.

    Raises CatalogError when it is not YAML, names a key twice or breaks a rule.
    """
    try:
        _refuse_repeated_keys(yaml.compose(text, Loader=yaml.SafeLoader))
        return _Catalog.model_validate(yaml.safe_load(text)).topics
    except (yaml.YAMLError, ValueError) as error:
        raise CatalogError(f"topics.yaml: {error}") from error


def _refuse_repeated_keys(node: yaml.Node | None) -> None:
    """Refuse what YAML's own loader passes over: of two equal keys it keeps the last."""
    if isinstance(node, yaml.MappingNode):
        counted = Counter(key.value for key, _ in node.value)
        repeated = [key for key, times in counted.items() if times > 1]
        if repeated:
            raise ValueError(f"{repeated[0]} stands twice")
        for _, value in node.value:
            _refuse_repeated_keys(value)

"""Mappings: which column of a file becomes which field of a feedback event.

A mapping is a YAML document. All its scalars are read as text, so that a cell's `no` or `007`
means itself.
"""

from __future__ import annotations

import codecs
import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from deploy.importing.errors import ImportFailedError
from shared.program.document import ScaleName

FileFormat = Literal["csv", "tsv", "jsonl"]

_SUFFIXES: Mapping[str, FileFormat] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}

_LISTED_COLUMNS = 40


def _known_encoding(name: str) -> str:
    try:
        codec = codecs.lookup(name)
    except LookupError:
        raise ValueError(f"{name!r} is no encoding; try utf-8, cp1252, gb18030 or utf-16") from None
    # A file in UTF-8 may start with a byte order mark; utf-8-sig takes it off where it is.
    return "utf-8-sig" if codec.name == "utf-8" else codec.name


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, OSError, ValueError):
        raise ValueError(f"{name!r} is no time zone; try UTC or Asia/Vientiane") from None
    return name


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Part):
    """Where a value comes from: a column, the first of several that is not empty, or a constant.

    `values` translates what the cell says (every other content is refused), `prefix` goes in
    front of it.
    """

    column: str | None = None
    first_of: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    constant: str | None = None
    values: Annotated[Mapping[str, str], Field(min_length=1)] | None = None
    prefix: str = ""

    @model_validator(mode="after")
    def _comes_from_one_place(self) -> Self:
        given = [self.column, self.first_of, self.constant]
        if sum(place is not None for place in given) != 1:
            raise ValueError("give one of column, first_of and constant")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read, in the order in which they are tried."""
        return self.first_of or ((self.column,) if self.column is not None else ())


def _short_form(value: object) -> object:
    """A plain text is the name of a column."""
    return {"column": value} if isinstance(value, str) else value


Cell = Annotated[Source, BeforeValidator(_short_form)]


class MomentSource(Source):
    """When it was said: `iso`, `unix` (seconds) or a strptime format.

    `time_zone` is for moments that do not say theirs.
    """

    format: str = "iso"
    time_zone: Annotated[str, AfterValidator(_known_zone)] | None = None

    @model_validator(mode="after")
    def _has_a_zone(self) -> Self:
        if self.format not in {"iso", "unix"} and "%z" not in self.format and not self.time_zone:
            raise ValueError("the format has no %z: add time_zone, such as Asia/Vientiane")
        return self


class AttributeSource(Source):
    """An attribute is text, or a number where `type` says so."""

    type: Literal["text", "number"] = "text"


class RatingSource(Source):
    """The rating: its scale and its value. A custom scale needs its ends."""

    scale: ScaleName
    name: str | None = None
    minimum: float | None = None
    maximum: float | None = None

    @model_validator(mode="after")
    def _has_ends_if_custom(self) -> Self:
        ends = (self.minimum, self.maximum)
        if self.scale == "custom" and None in ends:
            raise ValueError("a custom scale needs minimum and maximum")
        if self.scale != "custom" and (ends != (None, None) or self.name is not None):
            raise ValueError("name, minimum and maximum are for the custom scale only")
        return self


class ContactSource(_Part):
    """How the customer can be reached."""

    name: Cell | None = None
    email: Cell | None = None
    phone: Cell | None = None


class FileSettings(_Part):
    """How the file is written; its format is told from its name where it is not given."""

    format: FileFormat | None = None
    encoding: Annotated[str, AfterValidator(_known_encoding)] = "utf-8-sig"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None

    def format_of(self, path: Path) -> FileFormat:
        """Return the format of `path`; raise ImportFailedError where nothing tells it."""
        known = self.format or _SUFFIXES.get(path.suffix.lower())
        if known is None:
            raise ImportFailedError(
                f"The name {path.name} does not tell the file's format.",
                remedy="Add file: {format: csv} (or tsv, jsonl) to the mapping.",
            )
        return known


class ImportMapping(_Part):
    """A whole mapping."""

    source: Annotated[str, Field(min_length=1)]
    file: FileSettings = FileSettings()
    #: The column that names the row for good. Without it the row's own content does.
    id: Cell | None = None
    customer_id: Cell
    touchpoint: Cell
    listening_post: Cell
    occurred_at: Annotated[MomentSource, BeforeValidator(_short_form)]
    rating: RatingSource | None = None
    text: Cell | None = None
    language: Cell | None = None
    category: Cell | None = None
    account_id: Cell | None = None
    segment: Cell | None = None
    journey: Cell | None = None
    place: Cell | None = None
    product: Cell | None = None
    contact: ContactSource = ContactSource()
    attributes: Mapping[str, Annotated[AttributeSource, BeforeValidator(_short_form)]] = {}

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.rating is None and self.text is None:
            raise ValueError("map rating, text or both")
        return self

    def sources(self) -> Iterator[tuple[str, Source]]:
        """Yield every source with its dotted place in the mapping."""
        for group, part in (("", self), ("contact.", self.contact)):
            for name in type(part).model_fields:
                value = getattr(part, name)
                if isinstance(value, Source):
                    yield group + name, value
        for name, attribute in self.attributes.items():
            yield f"attributes.{name}", attribute

    def check_columns(self, columns: Iterable[str]) -> None:
        """Raise ImportFailedError when a mapped column is not among the file's `columns`."""
        there = list(columns)
        for place, source in self.sources():
            for column in source.columns:
                if column not in there:
                    raise no_such_column(place, column, there)


def load_mapping(path: Path) -> ImportMapping:
    """Read a mapping; raise ImportFailedError, naming the place, when it is not one."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8-sig"), _TextLoader)  # noqa: S506
        return ImportMapping.model_validate(document)
    except OSError as error:
        raise ImportFailedError(f"Cannot read {path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ImportFailedError(
            f"{path} is not UTF-8.", remedy="Save the mapping as UTF-8."
        ) from None
    except yaml.YAMLError as error:
        raise ImportFailedError(f"{path} is not YAML: {_one_line(error)}.") from None
    except ValidationError as error:
        raise ImportFailedError(f"{path}: {_first_fault(error)}") from None


class _TextLoader(yaml.BaseLoader):
    """Reads every scalar as text, builds nothing but lists and dictionaries, and refuses a
    key that stands twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.YAMLError(f"{key!r} stands twice")
        return super().construct_mapping(node, deep=deep)


def _one_line(error: yaml.YAMLError) -> str:
    return " ".join(str(error).split()).rstrip(".")


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    place = ".".join(map(str, fault["loc"])) or "the document"
    if fault["type"] == "missing":
        return f"{place} is missing."
    if fault["type"] == "extra_forbidden":
        return f"{place} is not a field of a mapping. Check its spelling."
    return f"{place}: {fault['msg'].removeprefix('Value error, ')}."


def no_such_column(place: str, column: str, there: list[str]) -> ImportFailedError:
    """Return the error that says which columns there are, and which of them may be meant."""
    similar = difflib.get_close_matches(column, there, n=1)
    guess = f"Did you mean {similar[0]!r}? " if similar else ""
    named = ", ".join(repr(name) for name in there[:_LISTED_COLUMNS])
    more = f" and {len(there) - _LISTED_COLUMNS} more" if len(there) > _LISTED_COLUMNS else ""
    return ImportFailedError(
        f"{place}: the file has no column {column!r}.",
        remedy=f"{guess}Its columns are {named}{more}.",
    )

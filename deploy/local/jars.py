"""The jars of Apache Kafka: which ones the lock names, and whether the cache has them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from deploy.local.errors import LocalError, from_os_error
from deploy.local.jar import Jar, Progress, is_intact

LOCK = Path(__file__).with_name("kafka.lock")
#: What the lock is resolved from. Kafka logs through slf4j-api 1.7, so the binding must be 1.7 too.
ROOTS = ("org.apache.kafka:kafka_2.13:4.3.1", "org.slf4j:slf4j-simple:1.7.36")

_HASH_PREFIX = "sha256="


def read_lock(text: str) -> list[Jar]:
    """Return the jars of a lock file: lines of `group:artifact:version sha256=hex`, # comments.

    Raises LocalError, with the line's number, for a line that is neither.
    """
    lines = enumerate((line.split("#")[0].strip() for line in text.splitlines()), start=1)
    return [_read_line(number, line) for number, line in lines if line]


def kafka_version(jars: Iterable[Jar]) -> str:
    """Return the version of Kafka that the lock names."""
    return next(jar.version for jar in jars if jar.artifact.startswith("kafka_"))


def cache_folder(version: str) -> Path:
    """Return where this user's jars of Kafka `version` are kept (XDG base directories)."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "closedloop" / f"kafka-{version}"


def ensure(jars: Sequence[Jar], folder: Path, progress: Progress) -> list[Path]:
    """Make `folder` hold each jar with the locked bytes; return the jars' paths in lock order.

    A missing or altered jar is downloaded; `progress(done, total)` is called for each of those.
    Raises LocalError when the network, the disk or a checksum does not allow it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        wanted = [jar for jar in jars if not is_intact(folder / jar.file_name, jar)]
        if wanted:
            # Only a first start needs the resolver, and it takes a while to import.
            from deploy.local.download import download  # noqa: PLC0415

            download(wanted, folder, progress)
    except OSError as error:
        raise from_os_error(error, "keep the jars of Kafka in") from error
    return [folder / jar.file_name for jar in jars]


def _read_line(number: int, line: str) -> Jar:
    coordinate, _, digest = line.partition(" ")
    parts = coordinate.split(":")
    if len(parts) != 3 or not digest.startswith(_HASH_PREFIX):  # noqa: PLR2004 - G:A:V
        raise LocalError(
            f"{LOCK.name} line {number} is not 'group:artifact:version {_HASH_PREFIX}hex'.",
            remedy="Make the lock again: python -m deploy.local.lock.",
        )
    group, artifact, version = parts
    return Jar(
        group=group, artifact=artifact, version=version, sha256=digest.removeprefix(_HASH_PREFIX)
    )

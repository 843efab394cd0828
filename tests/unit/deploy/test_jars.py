from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from deploy.local import download
from deploy.local.errors import LocalError
from deploy.local.jar import Jar
from deploy.local.jars import LOCK, ensure, kafka_version, read_lock

BYTES = b"the bytes of a jar"
JAR = Jar(
    group="org.example", artifact="small", version="1.0", sha256=hashlib.sha256(BYTES).hexdigest()
)


class Repository:
    """Serves `content` for every coordinate, and remembers what was asked for."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.asked: list[str] = []

    def fetch(self, context: object, coordinate: str) -> Path:
        self.asked.append(coordinate)
        path = Path(context.repo_cache) / f"{len(self.asked)}.jar"  # type: ignore[attr-defined]  # jgo has no types
        path.write_bytes(self._content)
        return path


def use(monkeypatch: pytest.MonkeyPatch, repository: Repository) -> None:
    monkeypatch.setattr(download, "fetch", repository.fetch)


def quiet(done: int, total: int) -> None:
    del done, total


def test_the_committed_lock_names_kafka_and_a_checksum_for_each_jar() -> None:
    locked = read_lock(LOCK.read_text())
    assert kafka_version(locked).startswith("4.")
    assert all(len(jar.sha256) == 64 for jar in locked)
    assert len({jar.file_name for jar in locked}) == len(locked)


def test_the_lock_names_no_host() -> None:
    assert "http" not in LOCK.read_text()


def test_the_logging_binding_matches_the_logging_api() -> None:
    versions = {jar.artifact: jar.version for jar in read_lock(LOCK.read_text())}
    assert versions["slf4j-simple"] == versions["slf4j-api"]


def test_comments_and_empty_lines_of_a_lock_are_passed_over() -> None:
    text = f"# made by hand\n\norg.example:small:1.0 sha256={JAR.sha256}  # why\n"
    assert read_lock(text) == [JAR]


@pytest.mark.parametrize("line", ["org.example:small sha256=ab", "org.example:small:1.0 md5=ab"])
def test_a_line_that_is_no_jar_is_named(line: str) -> None:
    with pytest.raises(LocalError, match="line 2 is not"):
        read_lock(f"# a comment\n{line}\n")


def test_a_missing_jar_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Repository(BYTES))
    (path,) = ensure([JAR], tmp_path, quiet)
    assert path.read_bytes() == BYTES


def test_an_intact_jar_is_not_downloaded_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = Repository(BYTES)
    use(monkeypatch, repository)
    ensure([JAR], tmp_path, quiet)
    ensure([JAR], tmp_path, quiet)
    assert repository.asked == [str(JAR)]


def test_an_altered_jar_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Repository(BYTES))
    (tmp_path / JAR.file_name).write_bytes(b"altered")
    (path,) = ensure([JAR], tmp_path, quiet)
    assert path.read_bytes() == BYTES


def test_a_download_with_other_bytes_is_refused_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, Repository(b"other bytes"))
    with pytest.raises(LocalError, match="not the locked one"):
        ensure([JAR], tmp_path, quiet)
    assert list(tmp_path.iterdir()) == []

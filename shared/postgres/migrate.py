"""Migrations: plain SQL files per part, applied by dbmate, forward only."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from shared.errors import ClosedLoopError

ROOT = Path(__file__).resolve().parents[2]

#: The parts in the order in which they build on each other; each keeps its own record of what
#: has been applied, so that a service can be migrated by itself.
PARTS = (
    ("ground", "shared/postgres/migrations"),
    ("program", "shared/program/migrations"),
    ("web", "shared/web/migrations"),
    ("ingest", "services/ingest/sql/migrations"),
    ("scoring", "services/scoring/sql/migrations"),
    ("routing", "services/routing/sql/migrations"),
    ("outer_loop", "services/outer_loop/sql/migrations"),
)


class MigrationError(ClosedLoopError):
    """A migration could not be applied; those before it have been."""


def migration_files() -> list[Path]:
    """Return every migration there is, in the order in which they are applied."""
    return [file for _, folder in PARTS for file in sorted((ROOT / folder).glob("*.sql"))]


def migrate(database_url: str) -> None:
    """Bring the database at `database_url` up to date.

    Raises MigrationError with PostgreSQL's own words when a migration fails.
    """
    for part, folder in PARTS:
        if any((ROOT / folder).glob("*.sql")):
            _apply(_with_tls_choice(database_url), part, ROOT / folder)


def _apply(database_url: str, part: str, folder: Path) -> None:
    done = subprocess.run(  # noqa: S603  (our own tool, no shell, no words from outside)
        [
            str(Path(sys.executable).parent / "dbmate"),
            f"--migrations-dir={folder}",
            f"--migrations-table=migrations.{part}",
            "--no-dump-schema",
            "--migration-lock",
            "migrate",
        ],
        env={"DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last_words = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise MigrationError(
            f"The migrations of {part} failed: {' '.join(last_words)}",
            remedy="Mend the cause and start again: what was applied stays applied.",
        )


def _with_tls_choice(database_url: str) -> str:
    """Spare a server on this machine the TLS that dbmate would insist on."""
    url = urlsplit(database_url)
    query = dict(parse_qsl(url.query))
    if url.hostname in {"127.0.0.1", "::1", "localhost"}:
        query.setdefault("sslmode", "disable")
    return urlunsplit(url._replace(query=urlencode(query)))

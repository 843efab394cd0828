"""Makes kafka.lock: `python -m deploy.local.lock` resolves Kafka and hashes what comes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from jgo.maven import MavenContext

from deploy.local.download import fetch
from deploy.local.jar import sha256_of
from deploy.local.jars import LOCK, ROOTS

_HEADER = """\
# The jars that the local Kafka runs on, each with the SHA-256 of its bytes.
# Made by `python -m deploy.local.lock`; checked before every start.
"""


def resolve(context: MavenContext) -> list[str]:
    """Return the coordinates of the roots and of all that they need, sorted."""
    roots = [context.create_dependency(root) for root in ROOTS]
    _, nodes = context.resolver.get_dependency_list(roots)
    needed = {f"{node.dep.groupId}:{node.dep.artifactId}:{node.dep.version}" for node in nodes}
    return sorted(needed | set(ROOTS))


def write() -> None:
    """Resolve, download, hash, and write kafka.lock."""
    with tempfile.TemporaryDirectory() as folder:
        context = MavenContext(repo_cache=Path(folder))
        lines = [
            f"{coordinate} sha256={sha256_of(fetch(context, coordinate))}\n"
            for coordinate in resolve(context)
        ]
    LOCK.write_text(_HEADER + "".join(lines))


if __name__ == "__main__":
    write()

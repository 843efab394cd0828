"""Downloads jars from Maven's central repository, through jgo: no Java, no Maven needed."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jgo.maven import MavenContext

from deploy.local.errors import LocalError
from deploy.local.jar import Jar, Progress, is_intact, sha256_of

_AT_ONCE = 8
_TIMEOUT_S = 30
_NETWORK_REMEDY = "Check the network or the proxy settings, then start again: what came is kept."


def download(jars: Sequence[Jar], folder: Path, progress: Progress) -> None:
    """Fetch the jars side by side; a jar appears in `folder` only once its bytes are proven.

    Raises LocalError when one does not come or has other bytes, OSError when the disk refuses.
    """
    progress(0, len(jars))
    # The staging folder shares the disk with the cache, so that a jar appears there at once.
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix="incoming-") as staging,
        ThreadPoolExecutor(_AT_ONCE) as threads,
    ):
        context = MavenContext(repo_cache=Path(staging), timeout=_TIMEOUT_S)
        work = threads.map(lambda jar: _download(context, jar, folder), jars)
        try:
            for done, _ in enumerate(work, start=1):
                progress(done, len(jars))
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise


def fetch(context: MavenContext, coordinate: str) -> Path:
    """Download one jar into the context's folder and return its path.

    Raises LocalError when it does not come.
    """
    group, artifact, version = coordinate.split(":")
    wanted = context.project(group, artifact).at_version(version).artifact()
    try:
        return Path(str(context.resolver.download(wanted)))
    except (OSError, RuntimeError) as error:  # what `requests` raises is an OSError, too
        if isinstance(error, OSError) and error.errno:
            raise
        raise LocalError(
            f"Cannot download {coordinate} ({type(error).__name__}).", remedy=_NETWORK_REMEDY
        ) from error


def _download(context: MavenContext, jar: Jar, folder: Path) -> None:
    path = fetch(context, str(jar))
    if not is_intact(path, jar):
        raise LocalError(
            f"The download of {jar} has the SHA-256 {sha256_of(path)}, not the locked one.",
            remedy="A proxy may have altered it; do not go on before that is known.",
        )
    path.replace(folder / jar.file_name)

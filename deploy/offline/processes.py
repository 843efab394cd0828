"""Chunks of rows scored by several processes, in order and with few of them in memory."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from itertools import chain, islice
from multiprocessing import resource_tracker
from typing import Any, TypeVar

from deploy.offline.errors import OfflineError

T = TypeVar("T")
R = TypeVar("R")

#: Chunks that are worked on right here before processes are started: a process takes two
#: seconds to start, in which a thousand rows are scored several times.
HERE = 12
#: Chunks under way for each process: one at work, one waiting.
_AHEAD = 2
#: What Ctrl+C sends, and what ends a process.
_STOPS = (signal.SIGINT, signal.SIGTERM)


#: In a process of the pool: the function that it works with, made when the process starts.
_works: list[Callable[[Any], Any]] = []


def mapped(
    make: Callable[[], Callable[[T], R]], chunks: Iterable[T], processes: int
) -> Generator[R, None, None]:
    """Yield what the function that `make` makes gives for each of `chunks`, in their order.

    The first chunks, and all of them for one process, are worked on right here. Raises
    OfflineError when a process is killed from outside.
    """
    work = make()  # what keeps it from being made is said here, with its reason
    remaining = iter(chunks)
    yield from map(work, remaining if processes == 1 else islice(remaining, HERE))
    first = next(remaining, None)
    if first is None:
        return
    with _pool(make, processes) as pool:
        under_way: deque[Future[R]] = deque()
        for chunk in chain([first], remaining):
            with undisturbed():
                under_way.append(pool.submit(_work, chunk))
            if len(under_way) > processes * _AHEAD:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


@contextmanager
def _pool(make: Callable[[], Callable[[T], R]], processes: int) -> Iterator[ProcessPoolExecutor]:
    # What it starts lifts the mask of `undisturbed`, if it is started only then.
    resource_tracker.ensure_running()
    pool = ProcessPoolExecutor(
        processes, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(make,)
    )
    try:
        yield pool
    except BrokenProcessPool:
        raise OfflineError(
            "A scoring process was killed, perhaps for want of memory.",
            remedy="Take fewer with --processes.",
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Hold stop signals back while processes are started: half started, they are never stopped.

    What is started here never sees them: the first process stops the others. To block them
    is not enough for this process itself: a thread of a numeric library takes them, and
    Python then interrupts its main thread.
    """
    with ExitStack() as stack:
        if threading.current_thread() is threading.main_thread():
            stack.enter_context(_held_back())
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


@contextmanager
def _held_back() -> Iterator[None]:
    """Let stop signals interrupt the main thread only when the block is done."""
    held: list[int] = []
    before = {number: signal.signal(number, lambda n, _: held.append(n)) for number in _STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for one in held:
            signal.raise_signal(one)


def _begin(make: Callable[[], Callable[[Any], Any]]) -> None:
    threading.Thread(target=_end_with_the_first_process, daemon=True).start()
    _works.append(make())


def _end_with_the_first_process() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(chunk: Any) -> Any:  # noqa: ANN401  (what the function takes and gives)
    return _works[0](chunk)

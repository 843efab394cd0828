"""Work shared among processes comes back in its order, and its failures too."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deploy.offline.errors import OfflineError
from deploy.offline.processes import HERE, mapped, undisturbed


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the processes that are started find this module, however pytest was."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3]))


def _doubling() -> Callable[[int], tuple[int, int]]:
    return lambda number: (2 * number, os.getpid())


def _dying() -> Callable[[int], int]:
    def work(number: int) -> int:
        if number == HERE + 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    return work


def _failing() -> Callable[[int], float]:
    return lambda number: 1 / (number - HERE - 5)


def _unmakable() -> Callable[[int], int]:
    raise OfflineError("The program lists a word that can't be used.")


def test_results_come_in_order_from_other_processes() -> None:
    results = list(mapped(_doubling, range(50), 2))

    assert [result for result, _ in results] == [2 * number for number in range(50)]
    assert {process for _, process in results[:HERE]} == {os.getpid()}
    assert os.getpid() not in {process for _, process in results[HERE:]}


@pytest.mark.parametrize(("count", "processes"), [(50, 1), (HERE, 4), (1, 4), (0, 4)])
def test_little_work_and_one_process_stay_here(count: int, processes: int) -> None:
    results = list(mapped(_doubling, range(count), processes))

    assert results == [(2 * number, os.getpid()) for number in range(count)]


def test_few_chunks_are_read_ahead_of_the_results() -> None:
    read = []

    def chunks() -> Iterator[int]:
        for number in range(1000):
            read.append(number)
            yield number

    with closing(mapped(_doubling, chunks(), 2)) as results:
        for taken, _ in enumerate(results, start=1):
            assert len(read) <= taken + 6
            if taken == HERE + 3:
                break


def test_a_killed_process_is_named_as_such() -> None:
    with pytest.raises(OfflineError, match="was killed"):
        list(mapped(_dying, range(50), 2))


def test_a_failure_in_a_process_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        list(mapped(_failing, range(50), 2))


def test_what_cannot_be_made_is_said_with_its_reason() -> None:
    with pytest.raises(OfflineError, match="lists a word"):
        list(mapped(_unmakable, range(50), 2))


@pytest.fixture
def _as_python_starts() -> Iterator[None]:
    """Stop as a command does, whatever handler another test's event loop has left."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_as_python_starts")
def test_a_stop_that_another_thread_takes_waits_as_well() -> None:
    """A numeric library's thread blocks no signals, so the system hands them to it."""
    ends = threading.Event()
    thread = threading.Thread(target=ends.wait)
    thread.start()
    taken, takes = socket.socketpair()
    takes.setblocking(False)
    before = signal.set_wakeup_fd(takes.fileno())
    done = []

    def disturbed() -> None:
        with undisturbed():
            os.kill(os.getpid(), signal.SIGINT)
            taken.recv(1)
            done.append("what must not be left half done")

    try:
        with pytest.raises(KeyboardInterrupt):
            disturbed()
    finally:
        signal.set_wakeup_fd(before)
        ends.set()
        thread.join()
        taken.close()
        takes.close()

    assert len(done) == 1
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

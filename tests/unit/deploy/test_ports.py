from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from deploy.local import ports


@pytest.fixture
def busy_port() -> Iterator[int]:
    with closing(socket.socket()) as server:
        server.bind((ports.LOOPBACK, 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_wished_port_that_is_free_is_taken() -> None:
    free = ports.choose()
    assert ports.choose(free) == free


def test_a_busy_port_is_replaced(busy_port: int) -> None:
    chosen = ports.choose(busy_port)
    assert chosen != busy_port
    assert ports.is_free(chosen)


def test_a_port_that_another_part_will_use_is_not_chosen_again() -> None:
    free = ports.choose()
    assert ports.choose(free, taken=[free]) != free


def test_without_a_wish_the_system_gives_a_free_port() -> None:
    assert ports.choose(0) > 0

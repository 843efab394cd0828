from __future__ import annotations

import errno

import pytest

from deploy.local.errors import from_os_error


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EACCES, "No permission to keep data in /somewhere"),
        (errno.EROFS, "No permission to keep data in /somewhere"),
        (errno.ENAMETOOLONG, "Cannot keep data in /somewhere: "),
    ],
)
def test_what_the_system_refuses_is_one_line_with_place_and_cause(number: int, said: str) -> None:
    error = from_os_error(OSError(number, "because", "/somewhere"), "keep data in", remedy="Look.")
    assert said in str(error)
    assert "\n" not in str(error)
    assert error.remedy

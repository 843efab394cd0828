"""Becomes another program that does not outlive its parent: launch.py PARENT SIGNAL UID GID CMD….

Run by path, in a process of its own and with the standard library alone: the kernel forgets a
parent-death signal when the user changes, so the user must be changed first, and between fork
and exec no other Python code is safe to run.
"""

from __future__ import annotations

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1
_UNCHANGED = -1


def main(arguments: list[str]) -> None:
    """Change the user (unless -1), ask for SIGNAL (unless 0) at the parent's death, and exec."""
    parent, signal_number, uid, gid = (int(text) for text in arguments[:4])
    command = arguments[4:]
    if uid != _UNCHANGED:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if signal_number:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal_number)
        if os.getppid() != parent:  # it died before the kernel was asked
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606 - becoming the command is the purpose


if __name__ == "__main__":
    main(sys.argv[1:])

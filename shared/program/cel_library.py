"""The CEL library without its command line.

The package imports that with everything else, and with it a terminal's worth of libraries: a tenth
of what a worker needs to be back after it was killed.
"""

from __future__ import annotations

import sys
from types import ModuleType

sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))

from cel import Context, Program, compile  # noqa: E402

__all__ = ["Context", "Program", "compile"]

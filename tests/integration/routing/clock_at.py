"""`python -m tests.integration.routing.clock_at MOMENT`: the clock process, at a moment of ours."""

from __future__ import annotations

import sys
from datetime import datetime

from services.routing.clock.__main__ import main
from shared.clock import FixedClock

if __name__ == "__main__":
    main(FixedClock(datetime.fromisoformat(sys.argv[1])))

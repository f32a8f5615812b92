"""A real guardian beside a real toxiproxy."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_guardian import RealGuardian
from real_toxiproxy import LIMIT_S, RealToxiproxy


@pytest.fixture
def guardian(tmp_path: Path, real: RealToxiproxy) -> Iterator[RealGuardian]:
    """A guardian that runs. Whoever is asked to restart toxiproxy does it, as the kubelet or a supervisor would."""
    made = RealGuardian(tmp_path, real)
    made.start()
    over = threading.Event()

    def restarts() -> None:
        while not over.wait(0.01):
            if made.asked.exists():
                made.asked.unlink()
                real.restart()

    worker = threading.Thread(target=restarts, daemon=True)
    worker.start()
    yield made
    over.set()
    worker.join(LIMIT_S)
    made.end()

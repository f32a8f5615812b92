"""What the published models leave out, and several tests switch off."""

from __future__ import annotations

import pytest

from sim.model.traffic.pool import Pool


@pytest.fixture
def no_handshake(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a dial take no time, so that only requests and replies do: the published models have no connections."""
    monkeypatch.setattr(Pool, "_rtt_s", lambda *_: 0.0)

"""A run of an hour holds no more memory than one of half an hour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from lab_cluster import Cluster

from benchmarks.injection import growth_bytes, measured
from chaos.client import lag_quantile_s

pytestmark = [pytest.mark.cluster, pytest.mark.soak]

FAULTS, EVERY_S = 800, 4.0  # 4.5 s each: an hour
GROWTH_MAX_BYTES = 16 * 2**20  # assumption: 400 more faults are 1 MB in the ledger; what is kept for each call is more


def test_an_hour_of_faults_grows_no_memory(
    steady: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    """72,000 calls and some 800 injected faults, each with its lines in ledger and journal: both are on the disk."""
    monkeypatch.setenv("XDG_STATE_HOME", str(steady.state))
    journal, held = measured(steady.name, tmp_path, FAULTS, EVERY_S)
    injected = [event for event in journal.events if event.kind == "injected"]
    record_property("injected", len(injected))
    record_property("memory_max_bytes", max(held))
    record_property("growth_in_second_half_bytes", growth_bytes(held))
    record_property("lag_p99_s", round(lag_quantile_s(journal, 0.99), 6))
    assert len(injected) > FAULTS / 2
    assert growth_bytes(held) < GROWTH_MAX_BYTES

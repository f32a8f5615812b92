"""Up, the application answers from every node, down, nothing left: twenty times in a row."""

from __future__ import annotations

from functools import partial

import pytest
from lab_cluster import Cluster, machine, no_lab_here, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.soak]


@pytest.mark.parametrize("round_number", range(1, 21))
def test_a_lab_comes_and_goes(state, round_number):
    """Each time as the first time."""
    no_lab_here()
    before, lab = machine(), Cluster(f"soak-{round_number}", state)
    try:
        lab.run("up", "--timings", "fast")
        wait_for(lab.serving, 60, "the sample application serves")
        front = f"http://10.{lab.lab.site().places.index}.240.20/"
        for node in ("node-1", "node-2", "node-3"):  # its kube-proxy learns of endpoints a moment later
            wait_for(partial(lab.answers, front, node), 10, f"{node} reaches the application")
    finally:
        lab.run("down")
    assert machine() == before

"""Up, the application answers from every node, down, nothing left: twenty times in a row."""

from __future__ import annotations

from functools import partial

import pytest
from lab_cluster import lab, wait_for

pytestmark = [pytest.mark.cluster, pytest.mark.soak]


@pytest.mark.parametrize("round_number", range(1, 21))
def test_a_lab_comes_and_goes(state, round_number):
    """Each time as the first time."""
    with lab(f"soak-{round_number}", state, "--timings", "fast") as made:
        front = f"http://10.{made.lab.site().places.index}.240.20/"
        for node in ("node-1", "node-2", "node-3"):  # its kube-proxy learns of endpoints a moment later
            wait_for(partial(made.answers, front, node), 10, f"{node} reaches the application")

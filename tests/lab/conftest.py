"""One real cluster for all of these tests, with fast timings."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_cluster import Cluster, lab, wait_for


@pytest.fixture(scope="session")
def state() -> Iterator[Path]:
    """A home for labs with a short path: sockets are below it."""
    folder = Path(tempfile.mkdtemp(prefix="wg", dir="/tmp"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def cluster(state: Path) -> Iterator[Cluster]:
    """A lab of three nodes."""
    with lab("test", state, "--timings", "fast", "--zones", "a,b", "--envoy") as made:
        yield made


@pytest.fixture
def steady(cluster: Cluster) -> Cluster:
    """The cluster, with everything in its place again whatever the test before did."""
    wait_for(lambda: all(cluster.ready(f"node-{i}") == "True" for i in (1, 2, 3)), 150, "all nodes are Ready")
    wait_for(cluster.serving, 120, "the sample application serves")
    return cluster

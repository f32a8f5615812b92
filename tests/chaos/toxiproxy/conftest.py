"""A real toxiproxy with two proxies in front of a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from real_toxiproxy import RealToxiproxy, Upstream

from chaos.toxiproxy import Server


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A server behind the proxies."""
    made = Upstream()
    yield made
    made.close()


@pytest.fixture
def real(tmp_path: Path, upstream: Upstream) -> Iterator[RealToxiproxy]:
    """A toxiproxy that runs."""
    made = RealToxiproxy(tmp_path, upstream.address, ("link", "other"))
    made.start()
    yield made
    made.kill()


@pytest.fixture
def server(real: RealToxiproxy) -> Server:
    """Our view of it."""
    return Server(real.url)

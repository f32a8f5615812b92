"""A real toxiproxy with a binding that names it, and a way to start it anew as an environment's command does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_toxiproxy import RealToxiproxy, Upstream

from chaos.binding import Allow, Binding, Cluster, Proxied, Toxiproxy
from chaos.deeds import Hands

RESTART = 'touch "$0" && for _ in $(seq 400); do test -e "$0" || exit 0; sleep 0.05; done; exit 1'


@pytest.fixture
def real(tmp_path: Path, upstream: Upstream) -> Iterator[RealToxiproxy]:
    """A toxiproxy that runs; the file `restart` is the wish that somebody start it anew."""
    made = RealToxiproxy(tmp_path, upstream.address, ("link", "other"))
    made.start()
    over = threading.Event()
    watching = threading.Thread(target=_restarts, args=(made, tmp_path / "restart", over))
    watching.start()
    yield made
    over.set()
    watching.join()
    made.kill()


def _restarts(real: RealToxiproxy, wish: Path, over: threading.Event) -> None:
    while not over.wait(0.01):
        if wish.exists():
            real.restart()
            wish.unlink()


@pytest.fixture
def hands(real: RealToxiproxy, tmp_path: Path) -> Hands:
    """Hands that may touch the link `a->b`, and know but may not touch `a->c`."""
    return Hands(
        Binding(
            version=1,
            cluster=Cluster(kubeconfig=str(tmp_path / "kubeconfig"), context="nowhere"),
            toxiproxies={"edge": Toxiproxy(api=real.url, restart=("sh", "-c", RESTART, str(tmp_path / "restart")))},
            links={
                "a->b": Proxied(toxiproxy="edge", proxy="link"),
                "a->c": Proxied(toxiproxy="edge", proxy="other"),
                "a->d": Proxied(toxiproxy="edge", proxy="missing"),
            },
            allow=Allow(links=("a->b", "a->d")),
        )
    )

"""Shared settings of the test suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from real_toxiproxy import RealToxiproxy, Upstream

    from chaos.toxiproxy import Server

# the machines that run this are shared: a slow example is no finding, and examples are the same everywhere
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("repeatable")


class World:
    """A cluster alone: a network whose links a test cuts, no traffic, a recorder that keeps what it is told."""

    def __init__(self, spec: dict[str, Any], seed: int, start_s: float, phases: Any) -> None:
        # imported here: most tests need no model
        from sim.model.clock import Clock
        from sim.model.cluster import ClusterModel
        from sim.plan.plan import Plan
        from sim.spec.scenario import Scenario

        whole = {"version": 1, "name": "test", "why": "a test", "run": {"duration": 1000}, **spec}
        self.events: list[tuple[float, str, str, dict[str, Any]]] = []
        self.samples: list[tuple[float, str, str, float]] = []
        self.containers: list[tuple[float, str, str]] = []
        self.cut: dict[str, None] = {}  # links `a--b` that are cut, both ways
        self._watchers: list[Callable[[str], None]] = []
        self.clock = Clock(initial_time=start_s)
        self.cluster = ClusterModel(
            self.clock, Plan(Scenario.model_validate(whole), "test", seed), self, self, self, phases=phases
        )
        self.cluster.start()

    def event(self, t_s: float, kind: str, subject: str, detail: Any = None, planned_s: float | None = None) -> None:
        self.events.append((t_s, kind, subject, detail or {}))

    def sample(self, t_s: float, metric: str, subject: str, value: float) -> None:
        self.samples.append((t_s, metric, subject, value))

    def reachable(self, src: str, dst: str) -> bool:
        return f"{src}--{dst}" not in self.cut and f"{dst}--{src}" not in self.cut

    def set_host(self, node: str, state: str) -> None:
        self.containers.append((self.clock.now, f"host {state}", node))

    def watch(self, fn: Callable[[str], None]) -> None:
        self._watchers.append(fn)

    def set_link(self, link: str, is_cut: bool) -> None:
        """Cut or heal a link, as the network would, and tell the cluster."""
        if is_cut:
            self.cut[link] = None
        else:
            self.cut.pop(link, None)
        for fn in self._watchers:
            fn(link)

    def container_started(self, endpoint: Any) -> None:
        endpoint.server = self
        self.containers.append((self.clock.now, "started", endpoint.pod))

    def container_stopped(self, endpoint: Any, how: str) -> None:
        endpoint.server = None
        self.containers.append((self.clock.now, how, endpoint.pod))

    def at(self, at_s: float, fn: Callable[..., object], *args: Any) -> None:
        """Call `fn(*args)` at an instant of the run."""
        self.clock.at(at_s, lambda _: fn(*args) and None)

    def times(self, kind: str, subject: str = "") -> list[float]:
        """Return when events of a kind happened to subjects that begin so."""
        return [t for t, k, s, _ in self.events if k == kind and s.startswith(subject)]


@pytest.fixture(scope="session")
def cluster_world() -> Callable[..., World]:
    """Return what builds a cluster alone: `cluster_world(spec, seed=1, start_s=0.0, phases=None)`."""

    def build(spec: dict[str, Any], seed: int = 1, start_s: float = 0.0, phases: Any = None) -> World:
        return World(spec, seed, start_s, phases)

    return build


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A server behind the proxies."""
    from real_toxiproxy import Upstream

    made = Upstream()
    yield made
    made.close()


@pytest.fixture
def real(tmp_path: Path, upstream: Upstream) -> Iterator[RealToxiproxy]:
    """A toxiproxy that runs, with the proxies `link` and `other` before one server."""
    from real_toxiproxy import RealToxiproxy

    made = RealToxiproxy(tmp_path, upstream.address, ("link", "other"))
    made.start()
    yield made
    made.kill()


@pytest.fixture
def server(real: RealToxiproxy) -> Server:
    """Our view of it."""
    from chaos.toxiproxy import Server

    return Server(real.url)

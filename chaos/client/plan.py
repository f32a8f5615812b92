"""What load is put on a real system: clients, their targets, and the bounds of the run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from chaos.clock import started_text
from chaos.transport import Target
from sim.errors import UsageError
from sim.policy import Once, Policy
from sim.record.run_info import RunInfo, running_versions
from sim.spec.traffic import Arrivals, Closed, Transport

__all__ = ["LoadClient", "LoadPlan"]


@dataclass(frozen=True)
class LoadClient:
    """One client. `service`: the name of what it calls; starts and stops as in a scenario, in seconds of the run."""

    target: Target
    arrivals: Arrivals
    policy: Policy = Once()  # noqa: RUF009  (a frozen value)
    transport: Transport = Transport()  # noqa: RUF009
    service: str = "target"
    starts_s: float | None = None
    stops_s: float | None = None


@dataclass(frozen=True)
class LoadPlan:
    """One run. With the same seed and names it has the arrivals and the pauses of the simulated run.

    `in_flight_max`: calls of one client under way at a time; what is planned beyond is not made, and written down so.
    `calls_max`: calls of one client in all; in memory a call takes 46 bytes.
    """

    clients: Mapping[str, LoadClient]
    duration_s: float
    warmup_s: float = 0.0
    seed: int = 1
    name: str = "load"
    why: str = ""
    option: str = "as-written"
    in_flight_max: int = 1000
    calls_max: int = 10_000_000

    def __post_init__(self) -> None:
        if not self.clients:
            raise UsageError("a load plan without clients; accepted: at least one")
        if not 0 < self.duration_s < math.inf or not 0 <= self.warmup_s < math.inf:
            raise UsageError(f"duration {self.duration_s} s after {self.warmup_s} s; accepted: a finite time")
        if self.in_flight_max < 1 or not 0 < self.calls_max < 1 << 32:
            raise UsageError(f"{self.in_flight_max} in flight, {self.calls_max} in all; accepted: 1 or more")
        for name, client in self.clients.items():
            self._check(name, client)

    def _check(self, name: str, client: LoadClient) -> None:
        arrivals = client.arrivals
        if isinstance(arrivals, Closed) and arrivals.closed.workers > self.in_flight_max:
            workers, most = arrivals.closed.workers, self.in_flight_max
            raise UsageError(f"client {name}: {workers} workers; accepted: at most in_flight_max, {most}")

    @property
    def services(self) -> tuple[str, ...]:
        """The names of what is called, each once, in the order of the clients."""
        return tuple(dict.fromkeys(client.service for client in self.clients.values()))

    def info(self) -> RunInfo:
        """Return what the journal says of this run."""
        return RunInfo(
            scenario=self.name,
            why=self.why,
            option=self.option,
            seed=self.seed,
            source="real",
            duration_s=self.duration_s,
            warmup_s=self.warmup_s,
            clients=tuple(self.clients),
            services=self.services,
            versions=running_versions(),
            started=started_text(),
        )

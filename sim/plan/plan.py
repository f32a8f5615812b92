"""The plan of one run: a scenario, the option it stands for, and a seed, from which every random number follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sim.plan.streams import Stream
from sim.plan.targets import resolved
from sim.spec.faults import FaultBase
from sim.spec.scenario import Scenario

__all__ = ["Plan", "replication_seed"]


def replication_seed(scenario: Scenario, replication: int) -> int:
    """Return the seed of replication number `replication` (from 0): `run.seed` + that number.

    Options of one replication share it: what an option does not touch is drawn alike (common random numbers).
    """
    return scenario.run.seed + replication


@dataclass(frozen=True, slots=True)
class Plan:
    """One run to be made. `scenario` is the option's own, already patched; `option` is its name."""

    scenario: Scenario
    option: str
    seed: int
    _streams: dict[str, Stream] = field(default_factory=dict, init=False, repr=False, compare=False)
    _faults: dict[str, FaultBase] = field(default_factory=dict, init=False, repr=False, compare=False)

    def stream(self, name: str) -> Stream:
        """Return the stream of that name, such as `client/checkout/arrivals`: the same object each time."""
        stream = self._streams.get(name)
        if stream is None:
            stream = self._streams[name] = Stream(self.seed, name)
        return stream

    @property
    def faults(self) -> Mapping[str, FaultBase]:
        """Return the scenario's faults by name, whom they hit being settled: alike in both worlds."""
        if len(self._faults) < len(self.scenario.faults):
            self._faults.update(resolved(self.scenario, self.stream))
        return self._faults

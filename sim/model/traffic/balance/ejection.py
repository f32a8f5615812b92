"""Pods that fail one caller again and again are left out for a while (outlier ejection).

Source: Envoy 1.40 `outlier_detection_impl.cc` (consecutive 5xx, `ejectHost`, `checkHostForUneject`) and its API docs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.model.clock import Clock
from sim.model.cluster.endpoints import Endpoint
from sim.spec.workloads import Ejects

__all__ = ["Ejection"]

_IN_SERVICE = -math.inf


@dataclass(slots=True)
class _Record:
    """What one caller knows of one pod. `back_s`: the pass that ends its rest, or that ended its last one."""

    failures: int = 0
    times: int = 0
    back_s: float = _IN_SERVICE


class Ejection:
    """One caller's view. Passes are a lattice from the caller's beginning; nothing happens between them but time."""

    def __init__(self, clock: Clock, ejects: Ejects) -> None:
        self._clock, self._ejects = clock, ejects
        self._began_s = clock.now
        self._records: dict[Endpoint, _Record] = {}
        self._out: dict[Endpoint, float] = {}  # who rests → until when
        self._endpoints: tuple[Endpoint, ...] = ()

    def among(self, endpoints: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
        """Return the endpoints that may be chosen now: those in service, or all where none is."""
        if endpoints is not self._endpoints:
            self._endpoints = endpoints
            for gone in [endpoint for endpoint in self._records if endpoint not in endpoints]:
                del self._records[gone]
                self._out.pop(gone, None)
        if not self._out:
            return endpoints
        now = self._clock._now
        for endpoint in [endpoint for endpoint, back_s in self._out.items() if back_s <= now]:
            del self._out[endpoint]
        # Envoy's panic threshold: with fewer than half in service, all of them get requests again
        return endpoints if 2 * len(self._out) > len(endpoints) else tuple(e for e in endpoints if e not in self._out)

    def told(self, endpoint: Endpoint, failed: bool) -> None:
        """Hear how a request to a pod ended."""
        record = self._records.get(endpoint)
        if record is None:
            if not failed:
                return
            record = self._records[endpoint] = _Record()
        if not failed:
            record.failures = 0
            return
        record.failures += 1
        if record.failures >= self._ejects.failures and endpoint not in self._out:
            record.failures = 0
            self._eject(endpoint, record)

    def _eject(self, endpoint: Endpoint, record: _Record) -> None:
        ejects, now = self._ejects, self._clock._now
        count = len(self._endpoints)
        few = len(self._out) + 1 <= ejects.at_most * count
        if not few and (self._out or not ejects.always_one):
            return
        record.times = max(0, record.times - self._passes(record.back_s, now)) + 1
        rests_s = min(record.times * ejects.rests, max(ejects.rests_most, ejects.rests))
        record.back_s = self._pass_after(now + rests_s)
        self._out[endpoint] = record.back_s

    def _passes(self, since_s: float, now_s: float) -> int:
        """Return how many passes found a pod in service since it came back: each takes one off its count."""
        if since_s == _IN_SERVICE:
            return 0
        every_s, began_s = self._ejects.every, self._began_s
        return math.floor((now_s - began_s) / every_s) - math.floor((since_s - began_s) / every_s)

    def _pass_after(self, at_s: float) -> float:
        every_s, began_s = self._ejects.every, self._began_s
        return began_s + math.ceil((at_s - began_s) / every_s - 1e-9) * every_s

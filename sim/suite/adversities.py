"""The standard adversities: scenarios that ship, each with callers of one service, scaled to the rates asked for."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from sim.errors import UsageError
from sim.spec.distributions import Distribution, Mixture
from sim.spec.faults import Overload
from sim.spec.load import load
from sim.spec.traffic import Poisson
from sim.spec.wording import unknown

__all__ = ["ADVERSITIES", "CALLERS", "FOLDER", "Sizes", "chosen_adversities", "scaled"]

ADVERSITIES = (
    "steady", "brief-outage", "brown-out", "loss-1", "loss-20", "slow-tail", "overload-burst", "server-restart",
    "rolling-restart", "metastable-trigger", "audited-flap",
)  # fmt: skip
"""In the order of the tables, mild ones first. Each is the shipped scenario `adversities/NAME`."""

FOLDER, CALLERS, _WORKLOAD = "adversities", "callers", "api"
_TIMES = ("value", "mean", "p50", "p99", "low", "high")  # the fields of distributions that are durations


class Sizes(NamedTuple):
    """What the servers can do and what is asked of them, calls a second; None: as the scenario says."""

    service_rate_per_s: float | None = None
    load_per_s: float | None = None


def chosen_adversities(names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the adversities of these names (None: all), each once. Raises UsageError for one that does not ship."""
    if names is None:
        return ADVERSITIES
    if not names:
        raise UsageError(f"adversities: none was named; accepted: {', '.join(ADVERSITIES)}")
    for name in names:
        if name not in ADVERSITIES:
            raise UsageError(f"adversities: {unknown(name, 'adversity', ADVERSITIES)}")
    return tuple(dict.fromkeys(names))


def scaled(name: str, data: dict[str, Any], sizes: Sizes) -> dict[str, Any]:
    """Return an adversity's raw data with the rates asked for.

    A service rate is had by more or fewer workers: service times stay as near to what they were as whole workers
    allow, since the timeout of a try stays what it is. With them goes the length of the queue, which holds as many
    seconds of work as before, and what a crowd of others asks for. A load that is not given stays in proportion.
    """
    if sizes == Sizes():
        return data
    base = load(f"{FOLDER}/{name}").base
    workload, arrivals = base.workloads[_WORKLOAD], base.clients[CALLERS].arrivals
    serves = workload.serves
    assert serves is not None, "the workload of an adversity serves calls"
    assert isinstance(arrivals, Poisson), "the callers of an adversity are a Poisson process"
    nominal_per_s = workload.replicas * serves.at_once / serves.takes.mean_s()
    faster = 1.0 if sizes.service_rate_per_s is None else sizes.service_rate_per_s / nominal_per_s
    asked_per_s = arrivals.poisson * faster if sizes.load_per_s is None else sizes.load_per_s
    changed = deepcopy(data)
    workers = max(1, round(serves.at_once * faster))
    longer = workers / (serves.at_once * faster)
    served = {"at_once": workers, "takes": _stretched(serves.takes, longer)}
    if serves.queue is not None:
        served["queue"] = max(1, round(serves.queue * faster))
    changed["workloads"][_WORKLOAD]["serves"] |= served
    changed["clients"][CALLERS]["arrivals"] = {"poisson": f"{asked_per_s!r}/s"}
    for fault, is_ in base.faults.items():
        if isinstance(is_, Overload):
            changed["faults"][fault]["rate"] = f"{is_.rate * faster!r}/s"
    return changed


def _stretched(takes: Distribution, factor: float) -> dict[str, Any]:
    """Return a distribution as a file would hold it, every duration times `factor`."""
    if isinstance(takes, Mixture):
        parts = [{"share": part.share, "of": _stretched(part.of, factor)} for part in takes.parts]
        return {"kind": "mixture", "parts": parts}
    given = takes.model_dump(exclude_none=True)
    return {name: f"{value * factor!r}s" if name in _TIMES else value for name, value in given.items()}

"""Whether a fault that was accepted was felt: our own calls through it are held against what it must do to each.

It can be told only of faults that must be seen by every call of a client whose own way they are on: latency, refused
connections, a reset, a black hole, all without a share. It needs LEAST calls that began and ended while the fault was
on. Nothing else is ever said to be without effect: a slow service, or a call that failed by chance, counts as felt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from chaos.probes.meter import Rows
from sim.record import OUTCOMES
from sim.spec import faults as spec
from sim.spec.scenario import Scenario

__all__ = ["LEAST", "LOOK_S", "Span", "clients_on", "unfelt", "without_effect"]

LEAST = 10  # assumption: that many calls do not all end before a fault reaches a proxy whose write was read back
LOOK_S = 30.0  # how much of a long fault is looked at, its end: what the meter keeps for it
FAILS = (spec.Refuse, spec.Reset, spec.Blackhole)  # no call that begins in one of them ends well in it
_OK = OUTCOMES.index("ok")

Calls = Callable[[str, float, float], Rows]
"""(client, begin, end) → its calls that ended in between."""


class Span(NamedTuple):
    """When a fault was on: from its injection read back to the beginning of its undo."""

    fault: spec.FaultBase
    begin_s: float
    end_s: float


def clients_on(scenario: Scenario, fault: spec.FaultBase) -> tuple[str, ...]:
    """Return the clients whose own way the fault is on: it names the path from that client to the service it calls."""
    targets = fault.targets() if isinstance(fault, spec.LinkFault) else ()
    return tuple(name for name, client in scenario.clients.items() if f"{name}->{client.to}" in targets)


def without_effect(scenario: Scenario, span: Span, calls: Calls) -> Iterable[str]:
    """Yield, for each client on whose way the fault was, why it cannot have been felt; nothing where it was."""
    begin_s = max(span.begin_s, span.end_s - LOOK_S)
    for name in clients_on(scenario, span.fault):
        if why := unfelt(span.fault, calls(name, begin_s, span.end_s), begin_s):
            yield f"client {name}: {why}"


def unfelt(fault: spec.FaultBase, calls: Rows, begin_s: float) -> str:
    """Return why these calls, which ended while a fault was on from `begin_s`, did not feel it; nothing if one did.

    Nothing as well where nobody can tell: fewer than LEAST calls, or a fault that need not show in every call.
    """
    inside = calls[calls["t_s"] >= begin_s]
    least_s = _least_s(fault)
    if least_s is None or len(inside) < LEAST:
        return ""
    felt = (inside["outcome"] != _OK) | (inside["took_s"] >= least_s)
    if np.any(felt):
        return ""
    slowest_s = float(inside["took_s"].max())
    must = "fail" if np.isinf(least_s) else f"take {least_s:g} s at least"
    return f"each call on its way had to {must}; all {len(inside)} ended well, the slowest within {slowest_s:.3f} s"


def _least_s(fault: spec.FaultBase) -> float | None:
    """Return how long a call that ends well takes at least; infinite where none can; None where it depends."""
    if isinstance(fault, FAILS):
        return float("inf") if getattr(fault, "share", 1.0) == 1.0 else None
    if not isinstance(fault, spec.Latency) or fault.share < 1.0 or fault.added <= fault.jitter:
        return None
    return fault.added - fault.jitter

"""What the faults of a way do to it: each kind is one row of a table, effects add up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sim.model.network.link import Pipe
from sim.model.network.streams import Limit, Slices
from sim.spec import faults as spec

__all__ = ["CLOSES_AT_BEGIN", "CLOSES_AT_END", "SHAPES", "Applied", "Delay", "Shape"]

CLOSES_AT_BEGIN: tuple[type[spec.LinkFault], ...] = (spec.Refuse,)
"""Effects that close open connections when they begin. Source: toxiproxy, a disabled proxy."""
CLOSES_AT_END: tuple[type[spec.LinkFault], ...] = (spec.Blackhole,)
"""Effects that close the connections they held when they end. Source: toxiproxy, removal of a `timeout` toxic."""


class Delay:
    """A latency fault as one direction of a way sees it. `number` names the fault where shares are drawn."""

    __slots__ = ("added_s", "jitter_s", "number", "share")

    def __init__(self, number: int, fault: spec.Latency) -> None:
        self.number, self.added_s, self.jitter_s, self.share = number, fault.added, fault.jitter, fault.share


class Applied:
    """One fault on one target: the handle that `Network.apply` returns and `Network.lift` takes.

    `flipped`: the target names the link's ends in the order opposite to its own name's.
    """

    __slots__ = ("effect", "flipped", "key", "number", "pipes")

    def __init__(self, number: int, key: str, flipped: bool, effect: spec.LinkFault) -> None:
        self.number, self.key, self.flipped, self.effect = number, key, flipped, effect
        self.pipes = (Pipe(effect.rate), Pipe(effect.rate)) if isinstance(effect, spec.Bandwidth) else None


class Shape:
    """What a way is like at a moment, as far as faults go. Pairs are (there, back); the rest holds for both."""

    __slots__ = (
        "close_after_s", "delays", "lets_through", "limits", "pipes", "refused", "reset_after_s", "silent", "slices",
        "unreachable",
    )  # fmt: skip

    def __init__(self) -> None:
        self.unreachable = self.silent = self.refused = False
        self.lets_through = 1.0  # the chance of one segment
        self.reset_after_s: float | None = None
        self.delays: tuple[list[Delay], list[Delay]] = ([], [])
        self.pipes: tuple[list[Pipe], list[Pipe]] = ([], [])
        self.close_after_s = 0.0
        self.slices: list[Slices] = []
        self.limits: list[Limit] = []


def _latency(shape: Shape, applied: Applied, backward: bool) -> None:
    fault: Any = applied.effect
    delay = Delay(applied.number, fault)
    against = backward != applied.flipped
    for direction, name in enumerate(("back", "there") if against else ("there", "back")):
        if fault.direction in ("both", name):
            shape.delays[direction].append(delay)


def _bandwidth(shape: Shape, applied: Applied, backward: bool) -> None:
    assert applied.pipes is not None
    shape.pipes[backward].append(applied.pipes[0])
    shape.pipes[not backward].append(applied.pipes[1])


def _blackhole(shape: Shape, _applied: Applied, _backward: bool) -> None:
    shape.silent = True


def _loss(shape: Shape, applied: Applied, _backward: bool) -> None:
    fault: Any = applied.effect
    shape.lets_through *= 1.0 - fault.share


def _refuse(shape: Shape, _applied: Applied, _backward: bool) -> None:
    shape.refused = True


def _unreachable(shape: Shape, _applied: Applied, _backward: bool) -> None:
    shape.unreachable = True


def _reset(shape: Shape, applied: Applied, _backward: bool) -> None:
    fault: Any = applied.effect
    after_s = shape.reset_after_s
    shape.reset_after_s = fault.after if after_s is None else min(after_s, fault.after)


def _slow_close(shape: Shape, applied: Applied, _backward: bool) -> None:
    fault: Any = applied.effect
    shape.close_after_s += fault.delay


def _slicer(shape: Shape, applied: Applied, _backward: bool) -> None:
    fault: Any = applied.effect
    shape.slices.append(Slices(applied.number, fault.average_size, fault.size_variation, fault.delay))


def _limit_data(shape: Shape, applied: Applied, _backward: bool) -> None:
    fault: Any = applied.effect
    shape.limits.append(Limit(applied.number, fault.bytes))


SHAPES: dict[type[spec.LinkFault], Callable[[Shape, Applied, bool], None]] = {
    spec.Latency: _latency,
    spec.Bandwidth: _bandwidth,
    spec.Blackhole: _blackhole,
    spec.Loss: _loss,
    spec.Refuse: _refuse,
    spec.Unreachable: _unreachable,
    spec.Reset: _reset,
    spec.SlowClose: _slow_close,
    spec.Slicer: _slicer,
    spec.LimitData: _limit_data,
}
"""One row per effect: (what the way is like so far, the effect, whether the way runs against the target's order)."""

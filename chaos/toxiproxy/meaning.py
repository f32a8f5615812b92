"""What each fault of a way is in toxiproxy: toxics, a proxy taken down, or nothing that does the same.

It matches the simulated meaning (`sim.model.network.effects`): a fault of both directions is a toxic in each.
Toxiproxy's `upstream` are the bytes from whoever dials the proxy: `there` of the path, if the fault is not turned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from chaos.toxiproxy.errors import BadToxic
from chaos.toxiproxy.toxics import (
    Bandwidth,
    Effect,
    Latency,
    LimitData,
    Noop,
    ResetPeer,
    Slicer,
    SlowClose,
    Stream,
    Timeout,
    Toxic,
)
from sim.spec import faults as spec
from sim.spec.unsupported import Unsupported, unsupported

__all__ = ["MEANINGS", "Down", "Meaning", "toxics_of"]


@dataclass(frozen=True, slots=True)
class Down:
    """The proxy is disabled: connects are refused at once, open connections close."""


Meaning = tuple[Toxic, ...] | Down | Unsupported
Directed = tuple[tuple[Stream, Effect], ...]


def _both(effect: Effect) -> Directed:
    return ("upstream", effect), ("downstream", effect)


def _latency(fault: Any, turned: bool) -> Directed:
    effect = Latency(latency_s=fault.added, jitter_s=fault.jitter)
    if fault.direction == "both":
        return _both(effect)
    return ((("upstream" if (fault.direction == "there") != turned else "downstream"), effect),)


def _bandwidth(fault: Any, _turned: bool) -> Directed:
    return _both(Bandwidth(rate_bytes_per_s=fault.rate / 8))


def _reset(fault: Any, _turned: bool) -> Directed:
    """First bytes of the request wait `after` in a latency toxic, then meet the reset: both go at once when removed."""
    waits: Directed = (("upstream", Latency(latency_s=fault.after)),) if fault.after else ()
    return (*waits, ("upstream", ResetPeer()))


def _slow_close(fault: Any, _turned: bool) -> Directed:
    return _both(SlowClose(delay_s=fault.delay))


def _slicer(fault: Any, _turned: bool) -> Directed:
    average, variation = int(fault.average_size), int(fault.size_variation)
    return _both(Slicer(average_size_bytes=average, size_variation_bytes=variation, delay_s=fault.delay))


def _limit_data(fault: Any, _turned: bool) -> Directed:
    return _both(LimitData(limit_bytes=int(fault.bytes)))


MEANINGS: dict[type[spec.FaultBase], Callable[[Any, bool], Directed] | Down | Unsupported] = {
    spec.Noop: lambda _fault, _turned: (("downstream", Noop()),),
    spec.Latency: _latency,
    spec.Bandwidth: _bandwidth,
    spec.Blackhole: lambda _fault, _turned: _both(Timeout()),
    spec.Reset: _reset,
    spec.SlowClose: _slow_close,
    spec.Slicer: _slicer,
    spec.LimitData: _limit_data,
    spec.Refuse: Down(),
    spec.Loss: unsupported(
        "toxiproxy works on the bytes of TCP connections and can't drop a segment that TCP would send again; its newer "
        "packet_loss drops pieces of the stream for good, which is something else"
    ),
    spec.Unreachable: unsupported(
        "a proxy takes the connect itself, so the client never sees that there is no route; the client's own network "
        "would have to lose it"
    ),
}
"""One row per fault of a way that does one thing; flaps and partitions are made of these."""


def toxics_of(fault: spec.FaultBase, name: str, *, turned: bool = False) -> Meaning:
    """Return what a fault is in toxiproxy: its toxics in the order in which to add them, Down, or Unsupported.

    `name`: the beginning of the toxics' names. `turned`: the proxy's client is at the far end of the fault's way (a
    link `a--b` whose proxy is dialled from b), so that `there` is downstream. Raises BadToxic for a strength that
    toxiproxy would not obey, with what it accepts.
    """
    row = MEANINGS[type(fault)]
    if isinstance(row, Down | Unsupported):
        return row
    try:
        directed = row(fault, turned)
        share = getattr(fault, "share", 1.0)
        # the effect's type in the name: a person who reads toxiproxy's list sees what each one does
        return tuple(
            Toxic(name=f"{name}.{effect.TYPE}.{stream}", stream=stream, effect=effect, share=share)
            for stream, effect in directed
        )
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'it'}: {each['msg']}" for each in error.errors())
        raise BadToxic(f"fault {name}: toxiproxy can't do this: {said}") from None

"""The toxics as frozen values with checked ranges: seconds and bytes here, toxiproxy's own units only on the wire.

Toxiproxy 2.12.0 checks next to nothing: `bandwidth` below 0, a `slicer` without `average_size` or with a larger
`size_variation`, and a huge `jitter` kill the server, and with it every link that runs through it (measured; also
Shopify/toxiproxy#541). Attributes are whole numbers there; misspelt ones are silently ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StringConstraints, model_validator

from sim.spec.base import Real, Value, Whole

__all__ = [
    "NAME_FORM",
    "Bandwidth",
    "Effect",
    "Latency",
    "LimitData",
    "Noop",
    "ResetPeer",
    "Slicer",
    "SlowClose",
    "Stream",
    "Timeout",
    "Toxic",
    "ToxicName",
]

NAME_FORM = r"^[A-Za-z0-9_.-]+$"
"""What names may be: toxiproxy does not unescape them, so one with `/` can be made and never be removed."""
ToxicName = Annotated[str, StringConstraints(pattern=NAME_FORM, max_length=200)]

Stream = Literal["upstream", "downstream"]
"""`upstream`: bytes from the client to the server behind the proxy; `downstream`: the other way."""

# assumption: an hour is longer than any fault needs, and far below what overflows (a jitter over 2^62 ns kills)
Duration = Annotated[Real, Field(ge=0, le=3600)]
# assumption: 1 TB/s and 1 TB are beyond every link that a proxy can carry (0.55 GB/s here)
Amount = Annotated[Whole, Field(ge=0, le=10**12)]


def _ms(duration_s: float) -> int:
    return round(duration_s * 1e3)


def _us(duration_s: float) -> int:
    return round(duration_s * 1e6)


def _kb(amount_bytes: float) -> int:
    return round(amount_bytes / 1e3)


def _same(count: int) -> int:
    return count


Row = tuple[str, str, Callable[[Any], int]]  # field of ours, attribute of toxiproxy, the one into the other


class Effect(Value):
    """What a toxic does. `ROWS`: which field becomes which attribute, in which unit."""

    TYPE: ClassVar[str]
    ROWS: ClassVar[tuple[Row, ...]] = ()

    def attributes(self) -> dict[str, int]:
        """Return the attributes as toxiproxy takes them: whole milliseconds, microseconds, kilobytes."""
        return {attribute: turned(getattr(self, name)) for name, attribute, turned in self.ROWS}

    @model_validator(mode="after")
    def _not_lost_in_units(self) -> Effect:
        lost = [
            name for name, attribute, turned in self.ROWS if getattr(self, name) and not turned(getattr(self, name))
        ]
        if lost:
            raise ValueError(f"{', '.join(lost)}: less than half of toxiproxy's unit, which would be none at all")
        return self


class Latency(Effect):
    """Each chunk arrives later by `latency_s` ± uniform `jitter_s`, order kept; the connect is untouched."""

    TYPE = "latency"
    ROWS = (("latency_s", "latency", _ms), ("jitter_s", "jitter", _ms))
    latency_s: Duration
    jitter_s: Duration = 0.0


class Bandwidth(Effect):
    """Bytes pass at a rate, each connection by itself, in pieces of up to 100 ms. 0: nothing passes, nothing is lost.

    What a rate of 0 held is delivered when the toxic goes.
    """

    TYPE = "bandwidth"
    ROWS = (("rate_bytes_per_s", "rate", _kb),)
    rate_bytes_per_s: Annotated[Real, Field(ge=0, le=10**12)]


class SlowClose(Effect):
    """The end of a connection is passed on `delay_s` later."""

    TYPE = "slow_close"
    ROWS = (("delay_s", "delay", _ms),)
    delay_s: Duration


class Timeout(Effect):
    """Bytes vanish. 0: until the toxic goes, which closes connections; else they close after so long without a byte."""

    TYPE = "timeout"
    ROWS = (("timeout_s", "timeout", _ms),)
    timeout_s: Duration = 0.0


class ResetPeer(Effect):
    """The first chunk is swallowed and the connection reset. Ones from before the toxic see FIN.

    There is no time to wait first: toxiproxy's wait can't be interrupted, and a removal would hang for as long
    (measured: 2.8 of 3 s). A `Latency` before it in the chain waits just as well, and goes at once.
    """

    TYPE = "reset_peer"
    kind: Literal["reset_peer"] = "reset_peer"  # nothing else tells it from a noop, written down

    def attributes(self) -> dict[str, int]:
        """Return the only timeout that an undo need not wait for."""
        return {"timeout": 0}


class Slicer(Effect):
    """Chunks are cut to pieces of `average_size_bytes` ± `size_variation_bytes`, each `delay_s` after the last."""

    TYPE = "slicer"
    ROWS = (
        ("average_size_bytes", "average_size", _same),
        ("size_variation_bytes", "size_variation", _same),
        ("delay_s", "delay", _us),
    )
    average_size_bytes: Annotated[Whole, Field(ge=1, le=10**12)]
    size_variation_bytes: Amount = 0
    delay_s: Duration = 0.0

    @model_validator(mode="after")
    def _smaller_than_average(self) -> Slicer:
        if self.size_variation_bytes >= self.average_size_bytes:
            raise ValueError("size_variation_bytes must be below average_size_bytes: the server dies otherwise")
        return self


class LimitData(Effect):
    """A connection closes after so many bytes, counted from the moment the toxic came."""

    TYPE = "limit_data"
    ROWS = (("limit_bytes", "bytes", _same),)
    limit_bytes: Amount


class Noop(Effect):
    """Nothing: it is there, and tries rights and timing."""

    TYPE = "noop"
    kind: Literal["noop"] = "noop"


class Toxic(Value):
    """One toxic of a proxy: its name (unique over both directions), its direction, what it does, how often.

    `share`: of connections, drawn anew for each and direction; not reproducible (`-seed` does nothing in 2.12.0).
    """

    name: ToxicName
    stream: Stream
    effect: Latency | Bandwidth | SlowClose | Timeout | ResetPeer | Slicer | LimitData | Noop
    share: Annotated[Real, Field(ge=0, le=1)] = 1.0

    def wire(self) -> Mapping[str, Any]:
        """Return what is sent to toxiproxy, and what it must say when it is asked."""
        return {
            "name": self.name,
            "type": self.effect.TYPE,
            "stream": self.stream,
            "toxicity": float(f"{self.share:.6g}"),  # toxiproxy keeps a float32: 6 digits come back as they were sent
            "attributes": self.effect.attributes(),
        }

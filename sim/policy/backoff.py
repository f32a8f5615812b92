"""How long to pause before a retry. Retries count from 1: the pause after the first failure is number 1.

In a file: `none`, a bare duration (fixed), or a map with `kind`. Sources of the jitters: Brooker, "Exponential Backoff
And Jitter", AWS Architecture Blog (2015), and aws-samples/aws-arch-backoff-simulator, `src/backoff_simulator.py`
(whose series starts at 2·base, since it counts the first failure as n = 1 in base·2^n; here it is base·2^(n−1), as in
botocore, gRPC, Envoy and tenacity).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from sim.policy.part import Part
from sim.policy.steps import Draw
from sim.quantities import Seconds, Share

__all__ = ["Backoff", "Exponential", "Fixed", "Immediate", "Linear"]

_LONGEST_S = 1e9  # 32 years: without a cap, doubling must not reach infinity, which no clock can wait for


class Immediate(Part):
    """No pause."""

    kind: Literal["none"] = "none"

    def never_pauses(self) -> bool:
        """Tell that every pause is 0."""
        return True

    def pause_s(self, _retry: int, _previous_s: float, _draw: Draw) -> float:
        """Return 0."""
        return 0.0


class _Jittered(Part):
    """What the growing and the constant pauses share: a jitter over a nominal pause w.

    `full`: U(0, w). `equal`: w/2 + U(0, w/2). `proportional`: w·U(1 − spread, 1 + spread), after the cap (gRPC, Azure,
    cenkalti).
    """

    jitter: Literal["none", "full", "equal", "proportional", "decorrelated"] = "none"
    spread: Annotated[Share, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _spread_where_it_belongs(self) -> _Jittered:
        if (self.spread is not None) != (self.jitter == "proportional"):
            raise ValueError("`spread` goes with `jitter: proportional`, and only with it")
        return self

    def nominal_s(self, retry: int, /) -> float:
        """Return the pause before its jitter."""
        raise NotImplementedError

    def never_pauses(self) -> bool:
        """Tell whether every pause is 0, so that an unlimited retry would stop the clock."""
        return self.nominal_s(2) == 0

    def pause_s(self, retry: int, previous_s: float, draw: Draw, /) -> float:  # noqa: ARG002  (decorrelated needs it)
        """Return the pause before retry number `retry`, in seconds. Draws number `retry` − 1, if it jitters."""
        nominal_s = self.nominal_s(retry)
        match self.jitter:
            case "none":
                return nominal_s
            case "full":
                return draw(retry - 1) * nominal_s
            case "equal":
                return (1 + draw(retry - 1)) * nominal_s / 2
            case _:
                return nominal_s * (1 + (self.spread or 0.0) * (2 * draw(retry - 1) - 1))


class Fixed(_Jittered):
    """The same pause each time."""

    kind: Literal["fixed"] = "fixed"
    jitter: Literal["none", "full", "equal", "proportional"] = "none"
    wait: Seconds

    def nominal_s(self, _retry: int, /) -> float:
        """Return `wait`."""
        return self.wait


class Linear(_Jittered):
    """`base`, 2·`base`, 3·`base` … up to `cap`."""

    kind: Literal["linear"] = "linear"
    jitter: Literal["none", "full", "equal", "proportional"] = "none"
    base: Seconds
    cap: Seconds | None = None

    def nominal_s(self, retry: int, /) -> float:
        """Return min(cap, retry·base)."""
        return min(_cap_s(self.cap), retry * self.base)


class Exponential(_Jittered):
    """`base`·`factor`^(n−1) up to `cap` before retry n; the first pause is `first` where that is given.

    `decorrelated`: min(cap, U(base, 3·previous)), where previous starts at `base` and is never reset within a call.
    """

    kind: Literal["exponential"] = "exponential"
    base: Seconds
    factor: Annotated[float, Field(ge=1, le=1000)] = 2.0
    cap: Seconds | None = None
    first: Seconds | None = None

    def nominal_s(self, retry: int, /) -> float:
        """Return min(cap, base·factor^(retry−1)), or `first` before the first retry."""
        if retry == 1 and self.first is not None:
            return self.first
        # Beyond 100 doublings every cap is reached; a float's range ends at 1023 and would raise.
        return min(_cap_s(self.cap), self.base * self.factor ** min(retry - 1, 100))

    def pause_s(self, retry: int, previous_s: float, draw: Draw, /) -> float:
        """Return the pause before retry number `retry`; `previous_s` is what this returned last time."""
        if self.jitter != "decorrelated":
            return super().pause_s(retry, previous_s, draw)
        before_s = self.base if retry == 1 else previous_s
        return min(_cap_s(self.cap), self.base + draw(retry - 1) * (3 * before_s - self.base))


def _cap_s(cap_s: float | None) -> float:
    return _LONGEST_S if cap_s is None else cap_s


def _from_file(value: Any) -> Any:
    """Turn `none` into {kind: none} and a bare duration into a fixed pause."""
    if isinstance(value, str) and value in KINDS:
        return {"kind": value}
    if isinstance(value, str | int | float):
        return {"kind": "fixed", "wait": value}
    if isinstance(value, dict) and value.get("kind") not in KINDS:
        raise ValueError(f"kind: {value.get('kind')!r} is no backoff; accepted: {', '.join(KINDS)}")
    return value


KINDS = ("none", "fixed", "linear", "exponential")


def _tag(value: Any) -> str | None:
    return value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)


Backoff: TypeAlias = Annotated[
    Annotated[Immediate, Tag("none")]
    | Annotated[Fixed, Tag("fixed")]
    | Annotated[Linear, Tag("linear")]
    | Annotated[Exponential, Tag("exponential")],
    Discriminator(_tag),
    BeforeValidator(_from_file),
]

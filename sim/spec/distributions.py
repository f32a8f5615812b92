"""Distributions as they stand in a file: one key marks the kind, a bare quantity is a constant.

`5s` · `{exponential: {mean: 25s}}` · `{lognormal: {p50: 4ms, p99: 40ms}}` · `{uniform: {low: 0s, high: 30s}}` ·
`{erlang: {mean: 2s, stages: 4}}` · `{weibull: {mean: 8h, shape: 0.75}}` · `{mixture: [{share: 90%, of: 1s}, …]}` ·
`{choice: [1s, 2s, 4s]}`.
All values are durations in seconds. Drawing from them (always by inversion) is `sim.plan.sampling`'s work.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator
from typing_extensions import TypeAliasType

from sim.quantities import Seconds, Share
from sim.spec.base import Real, Value, Whole

__all__ = [
    "Choice",
    "Constant",
    "Distribution",
    "Erlang",
    "Exponential",
    "Lognormal",
    "Mixture",
    "Part",
    "Uniform",
    "Weibull",
]

_Z99 = 2.3263478740408408  # the standard normal's 99 % quantile


class Constant(Value):
    """Always the same."""

    kind: Literal["constant"] = "constant"
    value: Seconds

    def mean_s(self) -> float:
        """Return the mean in seconds."""
        return self.value


class Exponential(Value):
    """Memoryless, by its mean."""

    kind: Literal["exponential"] = "exponential"
    mean: Annotated[Seconds, Field(gt=0)]

    def mean_s(self) -> float:
        """Return the mean in seconds."""
        return self.mean


class Lognormal(Value):
    """Right-skewed: by median with p99 or sigma, or by mean with cv (coefficient of variation)."""

    kind: Literal["lognormal"] = "lognormal"
    p50: Annotated[Seconds, Field(gt=0)] | None = None
    p99: Annotated[Seconds, Field(gt=0)] | None = None
    sigma: Annotated[Real, Field(gt=0)] | None = None
    mean: Annotated[Seconds, Field(gt=0)] | None = None
    cv: Annotated[Real, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Lognormal:
        given = {name for name in ("p50", "p99", "sigma", "mean", "cv") if getattr(self, name) is not None}
        if given not in ({"p50", "p99"}, {"p50", "sigma"}, {"mean", "cv"}):
            raise ValueError("give p50 and p99, or p50 and sigma, or mean and cv")
        if self.p50 is not None and self.p99 is not None and self.p99 <= self.p50:
            raise ValueError("p99 must be greater than p50")
        return self

    def mu_sigma(self) -> tuple[float, float]:
        """Return mean and standard deviation of the logarithm (of seconds)."""
        if self.p50 is not None:
            sigma = self.sigma if self.sigma is not None else math.log((self.p99 or 0.0) / self.p50) / _Z99
            return math.log(self.p50), sigma
        assert self.mean is not None
        assert self.cv is not None  # the validator saw both
        sigma2 = math.log1p(self.cv**2)
        return math.log(self.mean) - sigma2 / 2, math.sqrt(sigma2)

    def mean_s(self) -> float:
        """Return the mean in seconds."""
        mu, sigma = self.mu_sigma()
        return math.exp(mu + sigma**2 / 2)


class Uniform(Value):
    """Between low and high."""

    kind: Literal["uniform"] = "uniform"
    low: Seconds
    high: Seconds

    @model_validator(mode="after")
    def _ordered(self) -> Uniform:
        if self.high <= self.low:
            raise ValueError("high must be greater than low")
        return self

    def mean_s(self) -> float:
        """Return the mean in seconds."""
        return (self.low + self.high) / 2


class Erlang(Value):
    """The sum of `stages` equal exponentials."""

    kind: Literal["erlang"] = "erlang"
    mean: Annotated[Seconds, Field(gt=0)]
    stages: Annotated[Whole, Field(ge=1, le=1000)]

    def mean_s(self) -> float:
        """Return the mean in seconds."""
        return self.mean


class Weibull(Value):
    """By mean and shape; shape below 1: the hazard falls with age (field data of computers: 0.7–0.8)."""

    kind: Literal["weibull"] = "weibull"
    mean: Annotated[Seconds, Field(gt=0)]
    shape: Annotated[Real, Field(gt=0)]

    def mean_s(self) -> float:
        """Return the mean in seconds."""
        return self.mean


class Part(Value):
    """One part of a mixture."""

    share: Share
    of: Distribution


class Mixture(Value):
    """One of several, with the given shares (they sum to 100 %)."""

    kind: Literal["mixture"] = "mixture"
    parts: Annotated[tuple[Part, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _whole(self) -> Mixture:
        if abs(math.fsum(part.share for part in self.parts) - 1) > 1e-9:
            raise ValueError("the shares of a mixture must sum to 100%")
        return self

    def mean_s(self) -> float:
        """Return the mean in seconds."""
        return math.fsum(part.share * part.of.mean_s() for part in self.parts)


class Choice(Value):
    """One of the listed values, each equally likely (an empirical distribution)."""

    kind: Literal["choice"] = "choice"
    values: Annotated[tuple[Seconds, ...], Field(min_length=1)]

    def mean_s(self) -> float:
        """Return the mean in seconds."""
        return math.fsum(self.values) / len(self.values)


KINDS = ("exponential", "lognormal", "uniform", "erlang", "weibull", "mixture", "choice")
_LISTS = {"mixture": "parts", "choice": "values"}


def _from_file(value: Any) -> Any:
    """Turn the one-key form into the tagged one that the union reads."""
    if isinstance(value, Value) or (isinstance(value, dict) and "kind" in value):
        return value
    if not isinstance(value, dict):
        return {"kind": "constant", "value": value}
    if len(value) != 1 or next(iter(value)) not in KINDS:
        keys = ", ".join(map(str, value)) or "nothing"
        raise ValueError(f"has the keys {keys}; accepted: a duration such as 5s, or one key of {', '.join(KINDS)}")
    kind, body = next(iter(value.items()))
    if kind in _LISTS and isinstance(body, list | tuple):
        return {"kind": kind, _LISTS[kind]: body}
    if not isinstance(body, dict):
        raise ValueError(f"{kind}: accepted: its parameters as a map, such as {{exponential: {{mean: 5s}}}}")
    return {"kind": kind, **body}


def _tag(value: Any) -> str | None:
    return value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)


# A named type: pydantic builds its schema once, not once for each of the thirty fields that hold a distribution
Distribution = TypeAliasType(
    "Distribution",
    Annotated[
        Annotated[Constant, Tag("constant")]
        | Annotated[Exponential, Tag("exponential")]
        | Annotated[Lognormal, Tag("lognormal")]
        | Annotated[Uniform, Tag("uniform")]
        | Annotated[Erlang, Tag("erlang")]
        | Annotated[Weibull, Tag("weibull")]
        | Annotated[Mixture, Tag("mixture")]
        | Annotated[Choice, Tag("choice")],
        Discriminator(_tag),
        BeforeValidator(_from_file),
    ],
)

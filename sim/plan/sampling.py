"""Durations drawn by inversion: one uniform in, one value out, so that a number's address decides the value.

Inversion is monotone: the same uniform gives the longer value of the longer distribution, which is what makes common
random numbers pay. `one` and `block` run the same ufuncs and agree bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias, assert_never

import numpy as np
from numpy.typing import NDArray

from sim.spec.distributions import (
    Choice,
    Constant,
    Distribution,
    Erlang,
    Exponential,
    Lognormal,
    Mixture,
    Uniform,
    Weibull,
)

__all__ = ["Sampler", "sampler"]

Floats: TypeAlias = NDArray[np.float64]
Inverse: TypeAlias = Callable[[Any], Any]  # a float or an array of uniforms in, the same shape of seconds out

_BELOW_ONE = 1.0 - 2.0**-53
_ABOVE_ZERO = 2.0**-53


class Sampler:
    """Turns uniforms on (0, 1) into seconds. `constant` is the value if there is only one, else None."""

    __slots__ = ("_inverse", "constant")

    def __init__(self, inverse: Inverse, constant: float | None = None) -> None:
        self._inverse = inverse
        self.constant = constant

    def one(self, u: float) -> float:
        """Return the value at the quantile `u`, in seconds."""
        if self.constant is not None:
            return self.constant
        return float(self._inverse(u))

    def block(self, u: Floats) -> Floats:
        """Return the values at the quantiles `u`, in seconds: bit-equal to `one` of each."""
        if self.constant is not None:
            return np.full(len(u), self.constant)
        values: Floats = self._inverse(u)
        return values


def sampler(of: Distribution) -> Sampler:
    """Return the sampler of a distribution of the scenario language."""
    if isinstance(of, Constant):
        return Sampler(_same, of.value)
    if isinstance(of, Mixture):
        return Sampler(_mixture(of))
    return Sampler(_inverse(of))


def _inverse(of: Exponential | Lognormal | Uniform | Erlang | Weibull | Choice) -> Inverse:
    match of:
        case Exponential(mean=mean):
            return lambda u: -mean * np.log1p(-u)
        case Uniform(low=low, high=high):
            return lambda u: low + (high - low) * u
        case Lognormal():
            return _lognormal(*of.mu_sigma())
        case Erlang(mean=mean, stages=stages):
            return _erlang(stages, mean / stages)
        case Weibull(mean=mean, shape=shape):
            scale = mean / math.gamma(1.0 + 1.0 / shape)
            return lambda u: scale * np.power(-np.log1p(-u), 1.0 / shape)
        case Choice(values=values):
            table = np.array(values)
            return lambda u: table[np.minimum(np.asarray(u * len(table), dtype=np.int64), len(table) - 1)]
        case _:
            assert_never(of)


def _same(u: Any) -> Any:
    return u


def _lognormal(mu: float, sigma: float) -> Inverse:
    from scipy.special import ndtri  # scipy takes longer to load than most runs that do without

    return lambda u: np.exp(mu + sigma * ndtri(u))


def _erlang(stages: int, stage_s: float) -> Inverse:
    from scipy.special import gammaincinv  # as above

    return lambda u: stage_s * gammaincinv(float(stages), u)


def _mixture(of: Mixture) -> Inverse:
    """Return the inverse that spends one uniform on both choices: which part, and where within it.

    The part of share p that covers [c, c + p) of the unit interval gets (u − c) / p, which is uniform again. This is
    not the mixture's quantile function: a larger `u` need not give a larger value across parts.
    """
    parts = [(part.share, sampler(part.of)) for part in of.parts if part.share > 0]
    ends = np.cumsum([share for share, _ in parts])

    def inverse(u: Any) -> Any:
        uniforms = np.atleast_1d(np.asarray(u))
        which = np.minimum(np.searchsorted(ends, uniforms, side="right"), len(parts) - 1)
        values = np.empty(len(uniforms))
        for number, (share, part) in enumerate(parts):
            mine = which == number
            within = (uniforms[mine] - (ends[number] - share)) / share
            values[mine] = part.block(np.clip(within, _ABOVE_ZERO, _BELOW_ONE))
        return values if np.ndim(u) else values[0]

    return inverse

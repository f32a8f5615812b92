"""Sampling by inversion."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.plan import Stream, sampler
from sim.spec.distributions import Choice, Constant, Erlang, Exponential, Lognormal, Mixture, Part, Uniform, Weibull

KINDS = {
    "constant": Constant(value=2.5),
    "exponential": Exponential(mean=0.3),
    "uniform": Uniform(low=1.0, high=4.0),
    "lognormal p50 p99": Lognormal(p50=0.004, p99=0.04),
    "lognormal mean cv": Lognormal(mean=2.0, cv=0.5),
    "erlang": Erlang(mean=2.0, stages=4),
    "weibull": Weibull(mean=8.0, shape=0.75),
    "choice": Choice(values=(1.0, 2.0, 4.0)),
    "mixture": Mixture(
        parts=(Part(share=0.9, of=Constant(value=1.0)), Part(share=0.0, of=Constant(value=9.0)),
               Part(share=0.1, of=Exponential(mean=20.0)))
    ),
}  # fmt: skip
EACH = pytest.mark.parametrize("of", KINDS.values(), ids=KINDS)
UNIFORM = st.floats(2.0**-53, 1 - 2.0**-53)


@EACH
def test_one_and_block_agree_bit_by_bit(of):
    """Whatever the size of the block and wherever the number stands in it."""
    drawn, uniforms = sampler(of), Stream(3, "u").block(0, 600)
    whole = drawn.block(uniforms).tolist()
    assert whole == [drawn.one(u) for u in uniforms.tolist()]
    for size in (1, 2, 3, 7, 8, 17, 64):
        cut = [value for first in range(0, 600, size) for value in drawn.block(uniforms[first : first + size]).tolist()]
        assert cut == whole


@EACH
def test_the_mean_is_the_distributions(of):
    """The midpoint rule over the quantile function comes to the mean; over a mixture's inverse as well."""
    n = 400_000
    values = sampler(of).block((np.arange(n) + 0.5) / n)
    assert values.mean() == pytest.approx(of.mean_s(), rel=2e-3)


@pytest.mark.parametrize(
    ("of", "u", "value"),
    [
        (Exponential(mean=2.0), 1 - np.exp(-3.0), 6.0),
        (Uniform(low=1.0, high=3.0), 0.25, 1.5),
        (Lognormal(p50=0.004, p99=0.04), 0.5, 0.004),
        (Lognormal(p50=0.004, p99=0.04), 0.99, 0.04),
        (Lognormal(p50=2.0, sigma=0.7), 0.8413447460685429, 2.0 * np.exp(0.7)),
        (Erlang(mean=3.0, stages=1), 1 - np.exp(-1.0), 3.0),
        (Weibull(mean=5.0, shape=1.0), 1 - np.exp(-1.0), 5.0),
        (Choice(values=(1.0, 2.0, 4.0)), 0.5, 2.0),
        (KINDS["mixture"], 0.5, 1.0),
        (KINDS["mixture"], 0.9 + 0.1 * (1 - np.exp(-1.0)), 20.0),
    ],
)
def test_known_quantiles(of, u, value):
    """Values that can be worked out by hand."""
    assert sampler(of).one(u) == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("of", [of for name, of in KINDS.items() if name != "mixture"])
@given(u=UNIFORM, other=UNIFORM)
def test_a_larger_uniform_gives_no_smaller_value(of, u, other):
    """Inversion is monotone, which is what common random numbers live from."""
    drawn = sampler(of)
    assert drawn.one(min(u, other)) <= drawn.one(max(u, other))


@EACH
def test_the_extreme_uniforms_give_finite_values(of):
    """No stream's number turns into infinity or less than nothing."""
    values = sampler(of).block(np.array([2.0**-53, 0.9, 0.9 - 2**-53, 1 - 2.0**-53]))
    assert np.isfinite(values).all()
    assert (values >= 0).all()


def test_only_a_constant_is_constant():
    """`constant` lets a caller skip the draw."""
    assert {name: sampler(of).constant for name, of in KINDS.items() if sampler(of).constant is not None} == {
        "constant": 2.5
    }


def test_erlang_has_its_variance():
    """k stages of mean m/k: variance m²/k, by the midpoint rule."""
    values = sampler(Erlang(mean=2.0, stages=4)).block((np.arange(200_000) + 0.5) / 200_000)
    assert values.var() == pytest.approx(2.0**2 / 4, rel=2e-3)


def test_scipy_is_loaded_only_for_what_needs_it():
    """An exponential world starts without it; a lognormal one loads it."""
    code = (
        "import sys; from sim.plan import sampler; from sim.spec.distributions import Exponential, Lognormal;"
        "sampler(Exponential(mean=1.0)).one(0.5); before = 'scipy' in sys.modules;"
        "sampler(Lognormal(p50=1.0, sigma=1.0)).one(0.5); print(before, 'scipy' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "True"]

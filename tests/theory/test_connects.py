"""TCP connects, asked of the real client and network: lost SYNs, flapping paths.

A dial's draws are independent of each other's, so a share is compared with four binomial standard errors.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from quiet_world import World, two_nodes

from sim.model.network import SYN_SCHEDULES
from sim.record import Journal
from sim.record.rows import REASONS
from sim.spec.faults import Blackhole, LinkFault, Unreachable

KERNELS = ("linux-classic", "linux-6.5")


def sent_before(kernel: str, timeout: float) -> list[float]:
    """Return when the SYNs leave that count."""
    return [at for at in SYN_SCHEDULES[kernel].sent_s if at < timeout]


def dials(
    timeout: float | None, kernel: str, *, count: int, every: float, loss: float = 0.0, jittered: bool = False
) -> dict[str, Any]:
    """Calls that dial each time, far enough apart not to know of each other."""
    arrivals = {"poisson": 1 / every} if jittered else {"every": every}
    return two_nodes(
        arrivals,
        {"takes": 0.0, "at_once": 100},
        duration=count * every,
        transport={"dial_timeout": timeout, "keep_alive": False},
        link={"latency": 0.0, "loss": loss},
        kernel=kernel,
    )


def is_share(found: float, exact: float, count: int) -> None:
    """Assert that a share is the exact one within four binomial standard errors."""
    error = math.sqrt(exact * (1 - exact) / count)
    assert abs(found - exact) <= 4 * error + 1e-12, f"{found:g}, exact {exact:g} ± {error:g}"


def share(journal: Journal, reason: str) -> float:
    """Return the share of calls that ended so."""
    return float((journal.calls["reason"] == REASONS.index(reason)).mean())


@pytest.mark.parametrize("loss", [0.1, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("timeout", [1, 3, 5, 7, 10, 15, 30, 60])
@pytest.mark.parametrize("kernel", KERNELS)
def test_a_dial_fails_if_all_its_syns_are_lost(kernel: str, timeout: float, loss: float) -> None:
    """A dial is ok with probability 1 − p^n, n = SYNs that leave strictly before the timeout."""
    exact = 1 - loss ** len(sent_before(kernel, timeout))
    journal = World(dials(timeout, kernel, count=1500, every=200.0, loss=loss), seed=3).run()
    is_share(1 - share(journal, "dial_timeout"), exact, len(journal.calls))


@pytest.mark.parametrize(("kernel", "timeout", "loss", "exact"), [
    ("linux-classic", 5, 0.3, 0.973), ("linux-classic", 30, 0.3, 0.99757), ("linux-classic", 60, 0.5, 0.984375),
    ("linux-6.5", 5, 0.3, 0.99757), ("linux-6.5", 30, 0.3, 0.999980317),
])  # fmt: skip
def test_the_schedules_give_the_known_shares(kernel: str, timeout: float, loss: float, exact: float) -> None:
    """1 − p^n for the schedules of the two kernels: 3 or 5 SYNs within 5 s, 5 or 9 within 30 s."""
    assert 1 - loss ** len(sent_before(kernel, timeout)) == pytest.approx(exact)


@pytest.mark.parametrize(
    ("timeout", "loss", "exact"), [(5, 0.3, 0.534), (5, 0.5, 1.25), (30, 0.5, 2.46875), (7, 0.4, None)]
)
def test_a_dial_takes_as_long_as_its_syns(timeout: float, loss: float, exact: float | None) -> None:
    """Mean time of all dials, classic schedule: Σ tₖ pᵏ(1 − p) + timeout·pⁿ."""
    sent = sent_before("linux-classic", timeout)
    formula = sum(at * loss**k * (1 - loss) for k, at in enumerate(sent)) + timeout * loss ** len(sent)
    assert exact is None or formula == pytest.approx(exact)
    world = World(dials(timeout, "linux-classic", count=4000, every=2000.0, loss=loss), seed=5, trace=True)
    connects = world.run().attempts["connect_s"]
    times = np.where(np.isnan(connects), timeout, connects)
    error = times.std(ddof=1) / math.sqrt(len(times))
    assert error < 0.05 * formula
    assert abs(times.mean() - formula) <= 4 * error


class Flapping:
    """A path that goes through (what, how long) again and again; None is up."""

    def __init__(self, world: World, phases: list[tuple[LinkFault | None, Callable[[], float]]]) -> None:
        self.world, self.phases = world, phases
        self.turn = -1
        self.handle: Any = None
        self.next()

    def next(self) -> None:
        if self.handle is not None:
            self.world.network.lift(self.handle)
        self.turn = (self.turn + 1) % len(self.phases)
        fault, lasts = self.phases[self.turn]
        self.handle = fault and self.world.network.apply("c->api", fault)
        self.world.clock.after(lasts(), lambda _: self.next())


def met(kernel: str, timeout: float, cycle: list[tuple[LinkFault | None, float]], count: int = 3000) -> Journal:
    """Dial at random phases of fixed periods."""
    period = sum(lasts for _, lasts in cycle)
    world = World(dials(timeout, kernel, count=count, every=12 * period, jittered=True), seed=7)
    Flapping(world, [(fault, lambda lasts=lasts: lasts) for fault, lasts in cycle])
    return world.run()


def phases(period: float, steps: int = 100_000) -> NDArray[np.float64]:
    """Return start phases that cover a period evenly."""
    return (np.arange(steps) + 0.5) / steps * period


def some_syn_up(start: NDArray[np.float64], sent: list[float], up: float, period: float) -> NDArray[np.bool_]:
    """Tell of each start phase whether some SYN falls into the up interval."""
    return np.any([(start + at) % period < up for at in sent], axis=0)


@pytest.mark.parametrize(("kernel", "up", "down", "timeout", "exact"), [
    ("linux-classic", 4, 6, 5, 0.7), ("linux-classic", 10, 10, 5, 0.65), ("linux-classic", 4, 6, 30, 1.0),
    ("linux-6.5", 4, 6, 5, None), ("linux-6.5", 3, 30, 30, None), ("linux-classic", 3, 30, 30, None),
])  # fmt: skip
def test_a_fixed_flap_is_met_at_a_random_phase(
    kernel: str, up: float, down: float, timeout: float, exact: float | None
) -> None:
    """Fixed up and down: ok for the share of start phases from which some SYN falls into an up interval."""
    formula = some_syn_up(phases(up + down), sent_before(kernel, timeout), up, up + down).mean()
    assert exact is None or formula == pytest.approx(exact, abs=1e-4)
    journal = met(kernel, timeout, [(None, up), (Blackhole(), down)])
    is_share(share(journal, "ok"), float(formula), len(journal.calls))


@pytest.mark.parametrize(("kernel", "up", "down", "timeout", "exact"), [
    ("linux-classic", 10, 5, 5, 0.8072022832402265), ("linux-classic", 3, 6, 5, 0.5428184917098828),
    ("linux-classic", 10, 5, 30, 0.9594456596436514), ("linux-classic", 3, 6, 30, 0.7810720007250953),
    ("linux-6.5", 8, 25, 5, None), ("linux-6.5", 8, 25, 30, None),
])  # fmt: skip
def test_an_exponential_flap_forgets_between_syns(
    kernel: str, up: float, down: float, timeout: float, exact: float | None
) -> None:
    """Exponential up and down: 1 − π_down ∏ᵢ (π_down + π_up·exp(−(1/up + 1/down)·gapᵢ))."""
    gone = down / (up + down)
    missed = gone
    for gap in np.diff(sent_before(kernel, timeout)):
        missed *= gone + (1 - gone) * math.exp(-(1 / up + 1 / down) * gap)
    assert exact is None or 1 - missed == pytest.approx(exact)
    world = World(dials(timeout, kernel, count=4000, every=12 * (up + down), jittered=True), seed=9)
    draws = np.random.default_rng(11)
    Flapping(world, [(None, lambda: draws.exponential(up)), (Blackhole(), lambda: draws.exponential(down))])
    journal = world.run()
    is_share(share(journal, "ok"), 1 - missed, len(journal.calls))


@pytest.mark.parametrize(("kernel", "up", "no_route", "hole", "timeout", "exact"), [
    ("linux-classic", 4, 5, 6, 5, (0.4666666666666667, 0.3333333333333333, 0.2)),
    ("linux-classic", 4, 5, 6, 30, (0.6666666666666666, 0.3333333333333333, 0.0)),
    ("linux-6.5", 4, 5, 6, 5, None), ("linux-6.5", 8, 3, 25, 5, None),
])  # fmt: skip
def test_no_route_fails_a_dial_at_its_first_syn_only(
    kernel: str, up: float, no_route: float, hole: float, timeout: float, exact: tuple[float, ...] | None
) -> None:
    """Up, no route, black hole: unreachable if the first SYN meets "no route"; later SYNs there are merely lost."""
    period = up + no_route + hole
    start = phases(period)
    unreachable = (start >= up) & (start < up + no_route)
    ok = some_syn_up(start, sent_before(kernel, timeout), up, period) & ~unreachable
    formulas = (ok.mean(), unreachable.mean(), 1 - ok.mean() - unreachable.mean())
    assert exact is None or formulas == pytest.approx(exact, abs=1e-4)
    journal = met(kernel, timeout, [(None, up), (Unreachable(), no_route), (Blackhole(), hole)])
    for reason, formula in zip(("ok", "unreachable", "dial_timeout"), formulas, strict=True):
        is_share(share(journal, reason), float(formula), len(journal.calls))


@pytest.mark.parametrize(("kernel", "gives_up"), [("linux-classic", 127.0), ("linux-6.5", 131.0)])
def test_without_a_dial_timeout_the_kernel_gives_up(kernel: str, gives_up: float) -> None:
    """A dial into silence without a limit of its own ends with ETIMEDOUT after 127 s, or 131 s from Linux 6.5 on."""
    world = World(dials(None, kernel, count=3, every=500.0))
    world.network.apply("a--b", Blackhole())
    calls = world.run().calls
    assert list(calls["took_s"]) == pytest.approx([gives_up] * len(calls))
    assert set(calls["reason"]) == {REASONS.index("dial_timeout")}

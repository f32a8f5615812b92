"""Queueing theory, asked of the real client, network and servers with everything else switched off.

Each case: 20 replications with their own seeds, one number from each; their mean must be the exact value within four
standard errors, and a standard error must be below 2 % of the value (else anything would pass).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from quiet_world import World, scenario, two_nodes

from sim.record import Journal

REPLICATIONS = 20
OPEN = {"idle_per_host_max": 1000, "idle_max": 1000}
Statistic = Callable[[Journal], float]


def replicated(data: dict[str, Any], statistic: Statistic, count: int = REPLICATIONS) -> NDArray[np.float64]:
    """Return one number from each replication."""
    return np.array([statistic(World(data, seed).run()) for seed in range(count)])


def agrees(values: NDArray[np.float64], exact: float, power: float = 0.02) -> None:
    """Assert that the mean is exact within four standard errors, and that this says something."""
    error = values.std(ddof=1) / math.sqrt(len(values))
    assert error < power * exact, f"no power: standard error {error:g} of {exact:g}"
    assert abs(values.mean() - exact) <= 4 * error, f"{values.mean():g} ± {error:g}, exact {exact:g}"


def after_warmup(journal: Journal) -> NDArray[Any]:
    """Return the calls that began after the warm-up."""
    calls = journal.calls
    return calls[calls["t_s"] >= 0]


def mean_sojourn(journal: Journal) -> float:
    """Return the mean duration of the calls that were ok."""
    calls = after_warmup(journal)
    return float(calls["took_s"][calls["outcome"] == 0].mean())


def share(reason: int) -> Statistic:
    """Return what gives the share of calls that ended for that reason."""
    return lambda journal: float((after_warmup(journal)["reason"] == reason).mean())


def quantile(level: float) -> Statistic:
    """Return what gives a quantile of the durations."""
    return lambda journal: float(np.quantile(after_warmup(journal)["took_s"], level))


def queue(
    arrivals: dict[str, Any], takes: dict[str, Any] | float, servers: int = 1, *, calls: int, rate: float, **more: Any
) -> dict[str, Any]:
    """One service, fed by one client, for so many calls after a warm-up of a tenth of them."""
    duration = calls / REPLICATIONS / rate
    more.setdefault("transport", OPEN)
    serves = {"takes": takes, "at_once": servers, "queue": more.pop("queue", None)}
    return two_nodes(arrivals, serves, duration=duration, warmup=more.pop("warmup", 0.1 * duration), **more)


def exponential(rate: float) -> dict[str, Any]:
    """Return an exponential distribution by its rate."""
    return {"exponential": {"mean": 1.0 / rate}}


def erlang_c(rate: float, mu: float, servers: int) -> float:
    """Erlang's probability of waiting: C = B / (1 − ρ(1 − B)), B by its recursion."""
    load, blocked = rate / mu, 1.0
    for n in range(1, servers + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked / (1 - load / servers * (1 - blocked))


def mmc_sojourn(rate: float, mu: float, servers: int) -> float:
    """Return the mean sojourn of M/M/c."""
    return 1 / mu + erlang_c(rate, mu, servers) / (servers * mu - rate)


@pytest.mark.parametrize(
    ("rate", "mu", "exact", "calls"), [(5, 10, 0.2, 80_000), (80, 100, 0.05, 300_000), (3, 8, 0.2, 60_000)]
)
def test_mm1_sojourn_is_one_over_mu_less_lambda(rate: float, mu: float, exact: float, calls: int) -> None:
    """M/M/1: mean sojourn 1/(μ − λ)."""
    assert exact == pytest.approx(1 / (mu - rate))
    data = queue({"poisson": rate}, exponential(mu), calls=calls, rate=rate)
    agrees(replicated(data, mean_sojourn), exact)


def test_mm1_p99_is_exponential() -> None:
    """M/M/1: the sojourn is exponential with rate μ − λ, so its p99 is ln(100)/(μ − λ)."""
    data = queue({"poisson": 5}, exponential(10), calls=100_000, rate=5)
    agrees(replicated(data, quantile(0.99)), math.log(100) / 5, power=0.025)


@pytest.mark.parametrize(("rate", "mu", "servers", "exact"), [
    (16, 10, 2, 0.2777777777777778), (30, 10, 4, 0.15094339622641512), (170, 20, 10, 0.06766204350386346),
    (12, 5, 3, None),
])  # fmt: skip
def test_mmc_sojourn_follows_erlang_c(rate: float, mu: float, servers: int, exact: float | None) -> None:
    """M/M/c: mean sojourn 1/μ + C/(cμ − λ)."""
    formula = mmc_sojourn(rate, mu, servers)
    assert exact is None or formula == pytest.approx(exact)
    data = queue({"poisson": rate}, exponential(mu), servers, calls=100_000, rate=rate)
    agrees(replicated(data, mean_sojourn), formula)


def birth_death(rate: float, mu: float, servers: int, places: int) -> tuple[float, float]:
    """Return the blocked share and the mean sojourn of the accepted calls of M/M/c/K."""
    weights = [1.0]
    for n in range(1, places + 1):
        weights.append(weights[-1] * rate / (mu * min(n, servers)))
    p = np.array(weights) / sum(weights)
    return float(p[-1]), float(np.arange(places + 1) @ p / (rate * (1 - p[-1])))


@pytest.mark.parametrize(("rate", "mu", "servers", "places", "blocked", "sojourn", "calls"), [
    (12, 10, 1, 5, 0.2505881215558635, 0.3359492582240377, 50_000),
    (18, 10, 2, 6, 0.11266430091301072, 0.17882114588385387, 110_000),
    (30, 10, 5, 5, 0.110054347826087, 0.1, 60_000),
    (12, 4, 3, 7, None, None, 100_000),
])  # fmt: skip
def test_a_full_queue_turns_calls_away(
    rate: float, mu: float, servers: int, places: int, blocked: float | None, sojourn: float | None, calls: int
) -> None:
    """M/M/c/K and Erlang's loss system: the share of calls that hear 503, and the sojourn of the others."""
    formulas = birth_death(rate, mu, servers, places)
    assert blocked is None or formulas == pytest.approx((blocked, sojourn))
    data = queue({"poisson": rate}, exponential(mu), servers, queue=places - servers, calls=calls, rate=rate)
    journals = [World(data, seed).run() for seed in range(REPLICATIONS)]
    agrees(np.array([share(8)(journal) for journal in journals]), formulas[0])
    agrees(np.array([mean_sojourn(journal) for journal in journals]), formulas[1])


def khinchine(rate: float, mean: float, cv2: float) -> float:
    """Pollaczek–Khinchine: mean sojourn of M/G/1."""
    return mean + rate * mean**2 * (1 + cv2) / 2 / (1 - rate * mean)


HYPER = {
    "mixture": [
        {"share": 0.9, "of": {"exponential": {"mean": 0.05}}},
        {"share": 0.1, "of": {"exponential": {"mean": 0.55}}},
    ]
}
HYPER_CV2 = (0.9 * 2 * 0.05**2 + 0.1 * 2 * 0.55**2) / 0.1**2 - 1


@pytest.mark.parametrize(("rate", "takes", "cv2", "exact", "calls"), [
    (7, 0.1, 0.0, 0.21666666666666673, 60_000),
    (7, {"lognormal": {"mean": 0.1, "cv": 0.8}}, 0.64, 0.29133333333333344, 110_000),
    (6, HYPER, HYPER_CV2, 0.5875000000000001, 260_000),
    (8, {"erlang": {"mean": 0.1, "stages": 4}}, 0.25, 0.3500000000000001, 160_000),
    (4, {"uniform": {"low": 0.05, "high": 0.15}}, 1 / 12, None, 40_000),
])  # fmt: skip
def test_mg1_follows_pollaczek_and_khinchine(
    rate: float, takes: Any, cv2: float, exact: float | None, calls: int
) -> None:
    """M/D/1, M/G/1 with lognormal, hyperexponential, Erlang and uniform service: only the first two moments count."""
    formula = khinchine(rate, 0.1, cv2)
    assert exact is None or formula == pytest.approx(exact)
    agrees(replicated(queue({"poisson": rate}, takes, calls=calls, rate=rate), mean_sojourn), formula)


@pytest.mark.parametrize(
    ("rate", "mu", "wait", "calls"), [(8, 10, 0.16927308399198962, 130_000), (5, 10, None, 30_000)]
)
def test_constant_arrivals_wait_less(rate: float, mu: float, wait: float | None, calls: int) -> None:
    """D/M/1: mean wait σ/(μ(1 − σ)), σ the root of σ = exp(−(1 − σ)μ/λ)."""
    root = 0.5
    for _ in range(200):
        root = math.exp(-(1 - root) * mu / rate)
    formula = root / (mu * (1 - root))
    assert wait is None or formula == pytest.approx(wait)
    data = queue({"every": 1 / rate}, exponential(mu), calls=calls, rate=rate)
    agrees(replicated(data, mean_sojourn), formula + 1 / mu)


@pytest.mark.parametrize(("clients", "think", "mu", "servers", "goodput"), [
    (10, 1.0, 8, 1, 7.026711485976388), (20, 0.5, 10, 3, 28.00426818449188), (6, 0.4, 5, 2, None),
])  # fmt: skip
def test_a_closed_loop_is_a_machine_repair_shop(
    clients: int, think: float, mu: float, servers: int, goodput: float | None
) -> None:
    """M/M/c//N: goodput X and sojourn R of N callers that think for Z on average, with N = X(R + Z)."""
    weights = [1.0]
    for n in range(1, clients + 1):
        weights.append(weights[-1] * (clients - n + 1) / think / (mu * min(n, servers)))
    p = np.array(weights) / sum(weights)
    formula = float(sum(p[n] * mu * min(n, servers) for n in range(clients + 1)))
    assert goodput is None or formula == pytest.approx(goodput)
    arrivals = {"closed": {"workers": clients, "think": {"exponential": {"mean": think}}}}
    data = queue(arrivals, exponential(mu), servers, calls=50_000, rate=formula)
    seconds = data["run"]["duration"]
    journals = [World(data, seed).run() for seed in range(REPLICATIONS)]
    ended = [journal.calls["t_s"] + journal.calls["took_s"] for journal in journals]
    agrees(np.array([float((ends >= 0).sum()) / seconds for ends in ended]), formula)
    agrees(np.array([mean_sojourn(journal) for journal in journals]), clients / formula - think)


@pytest.mark.parametrize(("rate", "mu", "timeout", "exact"), [(8, 10, 1.0, 0.8646647167633873), (5, 10, 0.1, None)])
def test_the_queue_never_notices_that_a_caller_gave_up(
    rate: float, mu: float, timeout: float, exact: float | None
) -> None:
    """M/M/1 with a caller's timeout, work not cancelled: ok with probability 1 − exp(−(μ − λ)·timeout)."""
    formula = 1 - math.exp(-(mu - rate) * timeout)
    assert exact is None or formula == pytest.approx(exact)
    transport = OPEN | {"total_timeout": timeout}
    data = queue({"poisson": rate}, exponential(mu), calls=120_000, rate=rate, transport=transport)
    agrees(replicated(data, share(0)), formula)


@pytest.mark.parametrize(
    ("size", "rate", "mu", "exact", "calls"), [(10, 0.6, 10, 1.375, 360_000), (4, 1.0, 10, None, 80_000)]
)
def test_bursts_wait_for_each_other(size: int, rate: float, mu: float, exact: float | None, calls: int) -> None:
    """M^[b]/M/1: mean sojourn (b + 1)/(2μ(1 − ρ))."""
    formula = (size + 1) / (2 * mu * (1 - size * rate / mu))
    assert exact is None or formula == pytest.approx(exact)
    arrivals = {"bursts": {"every": 1 / rate, "size": size}}
    data = queue(arrivals, exponential(mu), calls=calls, rate=size * rate)
    agrees(replicated(data, mean_sojourn), formula)


@pytest.mark.parametrize(
    ("rate", "mu", "servers", "exact", "calls"), [(24, 10, 3, 0.5, 240_000), (8, 10, 2, None, 60_000)]
)
def test_a_random_choice_gives_each_pod_a_queue_of_its_own(
    rate: float, mu: float, servers: int, exact: float | None, calls: int
) -> None:
    """c pods, each connection to one at random (E6), a connection per call: c queues of rate λ/c, 1/(μ − λ/c)."""
    formula = 1 / (mu - rate / servers)
    assert exact is None or formula == pytest.approx(exact)
    transport = {"keep_alive": False}
    data = queue({"poisson": rate}, exponential(mu), calls=calls, rate=rate, replicas=servers, transport=transport)
    agrees(replicated(data, mean_sojourn), formula)


@pytest.mark.parametrize(
    ("rate", "first", "second", "exact", "calls"), [(6, 10, 8, 0.75, 120_000), (3, 8, 12, None, 30_000)]
)
def test_a_tandem_adds_up(rate: float, first: float, second: float, exact: float | None, calls: int) -> None:
    """Two M/M/1 in a row: 1/(μ₁ − λ) + 1/(μ₂ − λ), since the first one's departures are Poisson (Burke).

    A service holds its worker while it calls the next, so a tandem of single servers is a front without work of its
    own that calls both, one after the other.
    """
    formula = 1 / (first - rate) + 1 / (second - rate)
    assert exact is None or formula == pytest.approx(exact)
    duration = calls / REPLICATIONS / rate

    def pod(takes: Any, at_once: int = 1) -> dict[str, Any]:
        return {"place": "b", "serves": {"takes": takes, "at_once": at_once}}

    workloads = {"front": pod(0.0, 10_000), "one": pod(exponential(first)), "two": pod(exponential(second))}
    onward = [{"to": "one", "transport": "wire"}, {"to": "two", "transport": "wire"}]
    services = {"front": {"of": "front", "calls": onward}, "one": {"of": "one"}, "two": {"of": "two"}}
    clients = {"c": {"from": "a", "to": "front", "arrivals": {"poisson": rate}, "transport": "wire"}}
    data = scenario(
        duration, 0.1 * duration, workloads=workloads, services=services, clients=clients, transports={"wire": OPEN}
    )
    agrees(replicated(data, mean_sojourn), formula)


@pytest.mark.parametrize(("rate", "mu", "outage", "exact", "variance", "count"), [
    (6, 10, 10, 15.0, 18.75, 60), (8, 10, 30, 120.0, 600.0, 20), (3, 10, 20, None, None, 60),
])  # fmt: skip
def test_a_hang_leaves_a_backlog_that_drains(
    rate: float, mu: float, outage: float, exact: float | None, variance: float | None, count: int
) -> None:
    """An outage of T with the queue kept: empty again after Tρ/(1 − ρ), spread as the busy periods of λT calls."""
    formula = rate * outage / (mu - rate)
    spread = rate * outage * (1 / (mu - rate) ** 2 + (mu + rate) / (mu - rate) ** 3)
    assert exact is None or (formula, spread) == pytest.approx((exact, variance))
    data = two_nodes({"poisson": rate}, {"takes": exponential(mu)}, duration=outage + 6 * formula, transport=OPEN)
    values = np.array([drained_s(data, seed, outage) for seed in range(count)])
    error = math.sqrt(spread / len(values))
    assert error < 0.05 * formula
    assert abs(values.mean() - formula) <= 4 * error


def drained_s(data: dict[str, Any], seed: int, outage: float) -> float:
    """Return when the queue is first empty after an outage that lasts from the start."""
    world = World(data, seed)
    world.traffic.slow("api", 0.0, None)
    world.at(outage, lambda: world.traffic.slow("api", 1.0, None))
    calls = world.run().calls
    calls = calls[np.argsort(calls["t_s"], kind="stable")]
    ends = calls["t_s"] + calls["took_s"]  # one worker, first come, first served: in the order of arrival
    empty = np.flatnonzero(ends[:-1] < calls["t_s"][1:])
    return float(ends[empty[0]]) - outage

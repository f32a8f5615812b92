"""Every scenario that ships, and what the audited one must show by mechanism."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import mean, stdev

import numpy as np
import pytest
from scipy import stats
from whole_world import mean_of, reasons, times

from sim.analysis.checks import check
from sim.analysis.reduce import reduce
from sim.record import Journal
from sim.record.rows import REASONS
from sim.run import simulate
from sim.spec.load import load
from sim.spec.scenario import Scenario
from sim.spec.source import shipped

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
DURATION = {  # long enough for each fault to begin and, where it is short, to end
    "k3s-audit": HOUR, "k3s-audit-day3": HOUR, "node-lost": 4 * MINUTE, "retry-storm": 40.0, "brief-overload": MINUTE,
    "lose-one-server": 60 * DAY, "lose-one-server-of-three": 6 * MINUTE, "flapping-path": 10 * MINUTE,
}  # fmt: skip


def cut(of: Scenario, duration: float | None) -> Scenario:
    """Return a scenario with a shorter run."""
    if duration is None or duration >= of.run.duration:
        return of
    return of.model_copy(update={"run": of.run.model_copy(update={"duration": duration})})


@pytest.mark.parametrize("name", shipped())
def test_each_option_of_each_shipped_scenario_runs(name: str) -> None:
    """It loads, and every option runs, adds up and can be reduced."""
    document = load(name)
    assert document.options
    for option in document.options:
        most = 70.0 if name.startswith("adversities/") else 5 * MINUTE
        journal = simulate(cut(document.option(option), DURATION.get(name, most)), option, 1)
        check(journal)
        assert reduce(journal).option == option


@pytest.fixture(scope="module")
def audited() -> list[Journal]:
    """Run three days as audited, six times; traced, to see single attempts."""
    of = load("k3s-audit").option("as-audited")
    return [simulate(of, "as-audited", seed, trace=True) for seed in range(6)]


def last(journal: Journal, metric: str, subject: str = "cluster") -> float:
    """Return a gauge's last value."""
    return [s.value for s in journal.samples if (s.metric, s.subject) == (metric, subject)][-1]


def test_two_of_three_nodes_are_ready_and_eight_pods_hang(audited: list[Journal]) -> None:
    """Once styx is found lost, 2 of 3 nodes are Ready and, its pods evicted, 8 stay in Terminating to the end."""
    for journal in audited:
        assert last(journal, "node_ready_share") == pytest.approx(2 / 3)
        stuck = [(s.t_s, s.value) for s in journal.samples if s.metric == "pods_terminating"]
        assert stuck[-1][1] == 8
        assert 300.0 < stuck[-1][0] < 420.0
        gone = [e for e in journal.events if e.kind == "pod_gone" and e.detail["node"] == "styx"]
        assert gone == []


def test_no_endpoint_is_on_styx_once_it_is_known(audited: list[Journal]) -> None:
    """Within seconds of Unknown every pod on styx has left its service, and none comes back."""
    for journal in audited:
        (unknown_s,) = times(journal, "node_unknown", "node/styx")
        on_styx = {e.subject.removeprefix("pod/") for e in journal.events if e.detail.get("node") == "styx"}
        withdrawn = {
            e.detail["pod"]: e.t_s for e in journal.events if e.kind == "endpoint_withdrawn" and e.t_s >= unknown_s
        }
        assert set(withdrawn) == on_styx
        assert len(on_styx) == 8
        assert max(withdrawn.values()) < unknown_s + 5.0
        back = [e for e in journal.events if e.kind == "endpoint_ready" and e.t_s > 0 and e.detail["pod"] in on_styx]
        assert back == []


def test_the_bootstrapper_fails_about_a_thousand_times(audited: list[Journal]) -> None:
    """500 to 2000 failed attempts in three days, hundreds without a route and hundreds timed out, in turn."""
    for journal in audited:
        attempts = journal.attempts[(journal.attempts["client"] == 0) & (journal.attempts["t_s"] >= 0)]
        kinds = [REASONS[result] for result in attempts["result"] if REASONS[result] != "ok"]
        found = Counter("unreachable" if kind == "unreachable" else "timeout" for kind in kinds)
        assert set(kinds) <= {"unreachable", "timeout", "dial_timeout"}
        assert 500 <= len(kinds) <= 2000
        assert min(found["unreachable"], found["timeout"]) >= 200
        turns = sum((a == "unreachable") != (b == "unreachable") for a, b in pairwise(kinds))
        assert turns >= 100


def interval(differences: Sequence[float]) -> tuple[float, float]:
    """Return the 95 % interval of a mean of paired differences (Student)."""
    half = stats.t.ppf(0.975, len(differences) - 1) * stdev(differences) / math.sqrt(len(differences))
    return mean(differences) - half, mean(differences) + half


def test_a_patient_one_shot_client_gets_through_more_often(audited: list[Journal]) -> None:
    """Per call, in the same runs, wget succeeds more often than the audited client with its three tries."""
    shares = []
    for journal in audited:
        calls = journal.calls[journal.calls["t_s"] >= 0]
        shares.append([float((calls["outcome"][calls["client"] == k] == 0).mean()) for k in (0, 1)])
    low, _ = interval([wget - audited for audited, wget in shares])
    assert low > 0.05


def test_new_connections_to_a_lost_node_fail_until_it_is_known() -> None:
    """A third of new connections goes to the lost third of the pods until about a second after Unknown, then none."""
    of = cut(load("node-lost").option("default-timings"), 5 * MINUTE)
    failed = total = 0
    for seed in range(10):
        journal = simulate(of, "default-timings", seed)
        calls, (unknown_s,) = journal.calls, times(journal, "node_unknown")
        window = (calls["t_s"] >= 60.0) & (calls["t_s"] < unknown_s)
        failed, total = failed + int((calls["outcome"][window] != 0).sum()), total + int(window.sum())
        assert (calls["outcome"][calls["t_s"] > unknown_s + 2.5] == 0).all()
        assert (calls["outcome"][calls["t_s"] < 59.0] == 0).all()
    assert abs(failed / total - 1 / 3) <= 4 * math.sqrt(2 / 9 / total)
    assert total > 1500


def test_a_quorum_survives_one_of_three_only() -> None:
    """Over a year the second server doubles the time without writes; the third takes all but a trace of it away."""
    document = load("lose-one-server")
    down = {}
    for option in ("one-server", "two-servers", "three-servers", "one-server-repaired-fast"):
        found = [simulate(document.option(option), option, seed) for seed in range(20)]
        down[option] = float(np.mean([1 - mean_of(journal, "control_plane_up_share") for journal in found]))
    u = 2 / (30 * 24 + 2)
    assert down["one-server"] == pytest.approx(u, rel=0.25)  # 20 years: about 240 outages, 4 σ = 37 %, seeds fixed
    assert down["two-servers"] == pytest.approx(1 - (1 - u) ** 2, rel=0.2)
    assert down["three-servers"] < down["one-server"] / 20
    assert down["one-server-repaired-fast"] == pytest.approx(u / 12, rel=0.35)


def test_a_storm_of_retries_outlives_its_cause() -> None:
    """Retries without pause keep a service down long after it works again; a budget lets it come back."""
    document = load("retry-storm")
    late = {}
    for option in ("retry-at-once", "jitter-and-budget"):
        calls = simulate(document.option(option), option, 1).calls
        late[option] = float((calls["outcome"][calls["t_s"] > 120.0] == 0).mean())
    assert late["retry-at-once"] < 0.2
    assert late["jitter-and-budget"] > 0.95


def test_calls_keep_succeeding_while_one_of_three_servers_is_gone() -> None:
    """The patient clients of the shipped scenario hardly notice; those with one try lose calls until it is known."""
    document = load("lose-one-server-of-three")
    journals = {option: simulate(document.option(option), option, 1) for option in document.options}
    failed = {option: sum(r != "ok" for r in reasons(j, "checkout")) for option, j in journals.items()}
    assert failed["patient"] < failed["one-try"] / 10
    assert all(times(journal, "quorum_lost") == [] for journal in journals.values())

"""Runs that contradict themselves are refused."""

from __future__ import annotations

import pytest

from sim.analysis.checks import check
from sim.errors import SelfCheckFailed

CLIENT = {"started": 3.0, "finished": 2.0, "in_flight": 1.0}
SERVICE = {
    "arrived": 10.0, "finished": 6.0, "rejected": 2.0, "lost": 1.0, "in_system": 1.0, "area_in_system_s": 12.5,
    "sum_sojourn_s": 12.5, "busy_s": 8.0, "capacity_s": 20.0, "wasted_s": 1.0,
}  # fmt: skip
CALLS = [(1, 1, "ok"), (2, 1, "ok")]


def _made(made, **changed):
    client = {name: changed.get(name, value) for name, value in CLIENT.items()}
    service = {name: changed.get(f"service_{name}", value) for name, value in SERVICE.items()}
    return made(CALLS, totals={"client/web": client, "service/api": service, "cluster": {"cost_per_hour": 1.0}})


def test_a_run_that_adds_up_passes(made):
    """Conservation, Little's law and capacity hold: nothing is said."""
    check(_made(made))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"started": 4.0}, "client/web: 4 calls started, but 2 finished and 1 in flight"),
        ({"started": 4.0, "finished": 3.0}, "client/web: 3 calls finished, but 2 rows written"),
        ({"started": 1.0, "in_flight": -1.0}, "client/web: -1 calls in flight"),
        (
            {"service_lost": 0.0},
            "service/api: 10 requests arrived, but 6 finished, 2 rejected, 0 dropped, 0 lost, 1 in_system",
        ),
        ({"service_sum_sojourn_s": 12.4}, "Little's law: 12.5 s under the number in system, 12.4 s of sojourns"),
        ({"service_busy_s": 20.1}, "service/api: 20.1 s of work, but workers were there for 20 s"),
        ({"service_wasted_s": 8.1}, "service/api: 8.1 s of 8 s of work wasted"),
    ],
)
def test_each_identity_is_checked(made, changed, words):
    """One number that does not fit is named with the numbers it contradicts, and the run with its seed."""
    with pytest.raises(SelfCheckFailed) as failed:
        check(_made(made, **changed))
    assert "made, option base, seed 1" in str(failed.value)
    assert words in str(failed.value)


def test_rounding_is_no_contradiction(made):
    """Sums of doubles may differ in their last digits."""
    check(_made(made, service_sum_sojourn_s=12.5 * (1 + 1e-9)))

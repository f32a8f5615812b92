"""Presets of well-known clients, held to the schedules that their libraries make.

The schedules are those of a total, instant failure with full budgets (reference table "Schedules under a total,
instant failure": mean waits, smallest and largest sum, worked out from the libraries' own formulas).
"""

from __future__ import annotations

from itertools import repeat

import pytest

from sim.policy import Reply, Wait, policy_preset, policy_preset_names, policy_presets
from sim.policy.breaker import Consecutive, Window
from sim.presets import preset_entries

FAILED, THROTTLED = Reply(0.0, "status", 503), Reply(0.0, "status", 429)
ALMOST_1 = 1 - 2**-53

SCHEDULES = [  # preset, failure, tries, mean waits, least and largest sum
    ("none", FAILED, 1, [], (0, 0)),
    ("busybox-wget", FAILED, 1, [], (0, 0)),
    ("aws-standard", FAILED, 3, [0.025, 0.05], (0, 0.15)),
    ("aws-standard", THROTTLED, 3, [0.5, 1.0], (0, 3)),
    ("aws-standard-old", FAILED, 3, [0.5, 1.0], (0, 3)),
    ("aws-legacy", FAILED, 5, [0.5, 1, 2, 4], (0, 15)),
    ("grpc-example", FAILED, 4, [0.1, 0.2, 0.4], (0.56, 0.84)),
    ("envoy-5xx", FAILED, 2, [0.0125], (0, 0.025)),
    ("istio", FAILED, 3, [0.0125, 0.025], (0, 0.075)),
    ("linkerd", FAILED, 2, [], (0, 0)),
    ("resilience4j", FAILED, 3, [0.5, 0.5], (1, 1)),
    ("polly", FAILED, 4, [2, 2, 2], (6, 6)),
    ("spring-retry", FAILED, 3, [1, 1], (2, 2)),
    ("go-retryablehttp", FAILED, 5, [1, 2, 4, 8], (15, 15)),
    ("azure-java", FAILED, 4, [0.8, 1.6, 3.2], (5.32, 5.88)),
    ("httpx-retries", Reply(0.0, "refused"), 4, [0.5, 1.0], (1.5, 1.5)),
    ("wget", Reply(0.0, "dial_timeout"), 20, [1, 2, 3, 4, 5, 6, 7, 8, 9, *[10] * 10], (145, 145)),
]


def waits(play, name, failure, u):
    """Return the number of tries and the pauses between them, every draw being `u`."""
    policy = policy_preset(name).policy
    log, outcome = play(policy, repeat(failure), draw=lambda n: u, shared=policy.new_shared())
    return outcome.attempts, [step.for_s for _, step in log if isinstance(step, Wait)]


@pytest.mark.parametrize(("name", "failure", "tries", "means", "sums"), SCHEDULES)
def test_schedules_under_a_total_instant_failure(play, name, failure, tries, means, sums):
    """Tries, mean waits and the bounds of their sum are the library's."""
    count, middle = waits(play, name, failure, 0.5)
    assert (count, middle) == (tries, pytest.approx(means))
    shortest, longest = (sum(waits(play, name, failure, u)[1]) for u in (2.0**-53, ALMOST_1))
    assert (shortest, longest) == pytest.approx(sums, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "deadline", "mean_waits", "fewest"),
    [("google-api-core", 120, [0.5, 1, 2, 4], 8), ("cenkalti-backoff", 900, [0.5, 0.75, 1.125, 1.6875], 22)],
)
def test_schedules_bounded_by_time(play, name, deadline, mean_waits, fewest):
    """Without a limit on attempts the waits fill the deadline and never pass it."""
    count, middle = waits(play, name, FAILED, 0.5)
    assert middle[:4] == pytest.approx(mean_waits)
    assert sum(middle) < deadline
    assert fewest <= count <= 30


def test_wget_takes_a_refusal_for_an_answer(play):
    """Refused and unreachable are final, silence is not: connect.c, retryable_socket_connect_error."""
    assert [waits(play, "wget", Reply(0.0, result), 0.5)[0] for result in ("refused", "unreachable")] == [1, 1]
    assert waits(play, "wget", Reply(0.0, "status", 503), 0.5)[0] == 1


def test_envoy_repeats_three_calls_at_one_time_and_no_more():
    """Fifty calls fail together: three get their retry (measured on Envoy 1.40.0 with six retries allowed)."""
    policy = policy_preset("envoy-5xx").policy
    shared, waiting = policy.new_shared(), 0
    calls = [policy.call(0.0, lambda n: 0.5, shared) for _ in range(50)]
    for call in calls:
        next(call)
    for call in calls:
        try:
            waiting += isinstance(call.send(FAILED), Wait)
        except StopIteration:
            continue
    assert waiting == 3


def test_breakers_of_the_presets_are_their_libraries():
    """gobreaker opens at the sixth failure in a row; resilience4j at half of a hundred."""
    assert policy_preset("gobreaker").policy.breaker == Consecutive(failures=6, rest=60.0, trials=1)
    assert policy_preset("resilience4j-breaker").policy.breaker == Window(
        size=100, share=0.5, minimum=100, rest=60.0, trials=10
    )


def test_every_preset_can_be_run_and_says_where_it_comes_from():
    """No preset is an endless loop; each has a reason and a source; names parse nothing."""
    assert set(policy_presets()) == set(policy_preset_names())
    for name in policy_preset_names():
        preset = policy_preset(name)
        assert preset.policy.problem() is None, name
        assert preset.why, name
        assert preset.source, name
        assert set(preset_entries("policies")[name]) == {"why", "source", "is"}, name

"""Presets of well-known clients, held to the schedules that their libraries make.

The schedules are those of a total, instant failure with full budgets: mean waits, smallest and largest sum, worked out
from the libraries' own formulas. What installs here is held against the library itself in tests/conformance/libraries.
"""

from __future__ import annotations

from statistics import fmean

import pytest
from scripted import End, middle, run, together, waits

from sim.plan.streams import Stream
from sim.policy import Hedge, Retry, Wait, policy_preset, policy_preset_names, policy_presets
from sim.policy.breaker import Consecutive, Window
from sim.presets import FAMILIES, preset_aliases, preset_entries

FAILED, THROTTLED, CONFLICT = (End(0.0, "status", status) for status in (503, 429, 409))
REFUSED, SILENT = End(0.0, "refused"), End(0.0, "dial_timeout")
ALMOST_0, ALMOST_1 = 2.0**-53, 1 - 2.0**-53

SCHEDULES = [  # preset, failure, tries, mean waits (those of 0 s are none), least and largest sum
    ("none", FAILED, 1, [], (0, 0)),
    ("curl", FAILED, 1, [], (0, 0)),
    ("curl-retry", FAILED, 4, [1, 2, 4], (7, 7)),
    ("wget", SILENT, 20, [1, 2, 3, 4, 5, 6, 7, 8, 9, *[10] * 10], (145, 145)),
    ("busybox-wget", FAILED, 1, [], (0, 0)),
    ("sre-book", FAILED, 2, [0.05], (0, 0.1)),  # the second retry would be more than a tenth of the tries
    ("three-retries", FAILED, 4, [], (0, 0)),
    ("token-bucket", FAILED, 5, [], (0, 0)),
    ("retry-breaker", FAILED, 1, [], (0, 0)),
    ("aws-standard", FAILED, 3, [0.025, 0.05], (0, 0.15)),
    ("aws-standard", THROTTLED, 3, [0.5, 1.0], (0, 3)),
    ("aws-dynamodb", FAILED, 4, [0.0125, 0.025, 0.05], (0, 0.175)),
    ("aws-standard-old", FAILED, 3, [0.5, 1.0], (0, 3)),
    ("aws-legacy", FAILED, 5, [0.5, 1, 2, 4], (0, 15)),
    ("aws-java", FAILED, 3, [0.05, 0.1], (0, 0.3)),
    ("aws-java-legacy", THROTTLED, 4, [0.375, 0.75, 1.5], (1.75, 3.5)),
    ("aws-cpp-old", FAILED, 11, [0.025 * 2**n for n in range(1, 10)], (25.55, 25.55)),
    ("grpc-no-config", FAILED, 1, [], (0, 0)),
    ("grpc-example", FAILED, 4, [0.1, 0.2, 0.4], (0.56, 0.84)),
    ("grpc-unthrottled", FAILED, 4, [0.1, 0.2, 0.4], (0.56, 0.84)),
    ("envoy-5xx", FAILED, 2, [0.0125], (0, 0.025)),
    ("envoy-retry-budget", FAILED, 2, [0.0125], (0, 0.025)),
    ("istio", FAILED, 3, [0.0125, 0.025], (0, 0.075)),
    ("linkerd", FAILED, 2, [], (0, 0)),
    ("linkerd-serviceprofile", FAILED, 101, [], (0, 0)),  # until the reserve of 10/s × 10 s is used up
    ("finagle", REFUSED, 21, [], (0, 0)),  # a fifth of the budget's balance
    ("go-retryablehttp", FAILED, 5, [1, 2, 4, 8], (15, 15)),
    ("failsafe-go", FAILED, 3, [], (0, 0)),
    ("failsafe-go-http", FAILED, 3, [], (0, 0)),
    ("failsafe-go-budget", FAILED, 3, [], (0, 0)),
    ("k8s-default-retry", CONFLICT, 5, [0.0105] * 4, (0.04, 0.044)),
    ("k8s-default-backoff", CONFLICT, 4, [0.0105, 0.0525, 0.2625], (0.31, 0.341)),
    ("k8s-rest-client", FAILED, 1, [], (0, 0)),
    ("resilience4j", FAILED, 3, [0.5, 0.5], (1, 1)),
    ("resilience4j-random", FAILED, 3, [0.5, 0.75], (0.625, 1.875)),
    ("resilience4j-breaker", FAILED, 3, [0.5, 0.5], (1, 1)),
    ("failsafe-java", FAILED, 3, [], (0, 0)),
    ("spring-retry", FAILED, 3, [1, 1], (2, 2)),
    ("spring-retry-template", FAILED, 3, [], (0, 0)),
    ("spring-retry-exponential", FAILED, 3, [0.1, 0.2], (0.3, 0.3)),
    ("spring-retry-random", FAILED, 3, [0.15, 0.3], (0.3, 0.6)),
    ("spring-retry-uniform", FAILED, 3, [1, 1], (1, 3)),
    ("spring-7", FAILED, 4, [1, 1, 1], (3, 3)),
    ("java-http-client", REFUSED, 2, [], (0, 0)),
    ("java-http-client", SILENT, 1, [], (0, 0)),
    ("cassandra-driver", FAILED, 2, [], (0, 0)),
    ("polly", FAILED, 4, [2, 2, 2], (6, 6)),
    ("polly-constant-jitter", FAILED, 4, [2.5, 2.5, 2.5], (6, 9)),
    ("stamina", FAILED, 10, [0.6, 0.7, 0.9, 1.3, 2.1, 3.7, 5, 5, 5], (21.3, 27.3)),
    ("urllib3", REFUSED, 4, [], (0, 0)),
    ("urllib3-retry", REFUSED, 4, [0.2, 0.4], (0.6, 0.6)),
    ("requests", REFUSED, 1, [], (0, 0)),
    ("httpx", REFUSED, 1, [], (0, 0)),
    ("httpx-retries", REFUSED, 4, [0.5, 1.0], (1.5, 1.5)),
    ("aiohttp", REFUSED, 1, [], (0, 0)),
    ("aiohttp", End(0.0, "reset"), 2, [], (0, 0)),
    ("azure-python", FAILED, 4, [1.6, 3.2], (4.8, 4.8)),
    ("azure-java", FAILED, 4, [0.8, 1.6, 3.2], (5.32, 5.88)),
    ("azure-go", FAILED, 4, [0.84, 2.52, 5.88], (7.04, 11.44)),
    ("azure-dotnet", FAILED, 4, [0.8, 1.6, 3.2], (4.48, 6.72)),
    ("stripe-python", FAILED, 3, [0.5, 0.75], (1, 1.5)),
]

ENDLESS = [  # preset, mean waits before retries 1, 2 …
    ("tenacity", [0.001, 0.001, 0.001, 0.001]),
    ("tenacity-exponential", [1, 2, 4, 8]),
    ("tenacity-random-exponential", [0.5, 1, 2, 4]),
    ("tenacity-exponential-jitter", [1.5, 2.5, 4.5, 8.5]),
    ("backoff-expo", [0.5, 1, 2, 4]),
    ("k8s-reflector", [1.2, 2.4, 4.8, 9.6]),
    ("k8s-work-queue", [0.005, 0.01, 0.02, 0.04]),
    ("gax-go", [0.5, 1, 2, 4]),
    ("backoff-exponential", [0.01, 0.02, 0.04, 0.08]),
    ("backoff-equal-jitter", [0.0075, 0.015, 0.03, 0.06]),
    ("backoff-full-jitter", [0.005, 0.01, 0.02, 0.04]),
]

DRAWN = [  # preset, failure, mean and least and most tries, mean waits, mean sum; from 20,000 calls
    ("google-api-core", FAILED, (9.6, 8, 17), [0.5, 1, 2, 4], 99.8),
    ("cenkalti-backoff", FAILED, (25.4, 22, 30), [0.5, 0.75, 1.125, 1.69], 868),
    ("kafka-producer", FAILED, (129, 127, 132), [0.1, 0.2, 0.4, 0.8], 119.5),
    ("polly-jitter", FAILED, (4, 4, 4), [1.742, 2.316, 4.156], 8.214),
    ("dotnet-standard", FAILED, (4, 4, 4), [1.742, 2.316, 4.156], 8.214),
    ("stamina", FAILED, (10, 10, 10), [0.6, 0.7, 0.9, 1.3], 24.3),
]


def schedule(name, failure, draw=middle):
    """Return the number of tries of a call that always fails so, and the pauses between them."""
    outcome, log = run(policy_preset(name).policy, [failure], draw=draw)
    return outcome.attempts, waits(log)


@pytest.mark.parametrize(("name", "failure", "tries", "means", "sums"), SCHEDULES)
def test_schedules_under_a_total_instant_failure(name, failure, tries, means, sums):
    """Tries, mean waits and the bounds of their sum are the library's."""
    assert schedule(name, failure) == (tries, pytest.approx(means))
    shortest, longest = (sum(schedule(name, failure, lambda n, u=u: u)[1]) for u in (ALMOST_0, ALMOST_1))
    assert (shortest, longest) == pytest.approx(sums, abs=1e-9)


@pytest.mark.parametrize(("name", "means"), ENDLESS)
def test_schedules_without_an_end(name, means):
    """The mean waits are the library's; a call that is ok at last ends it."""
    outcome, log = run(policy_preset(name).policy, [FAILED] * 4 + [End()])
    assert (outcome.attempts, waits(log)) == (5, pytest.approx(means))


@pytest.mark.parametrize(("name", "failure", "tries", "means", "total"), DRAWN)
def test_schedules_by_draws(name, failure, tries, means, total):
    """Of calls with 10,000 tries in all, the mean number of tries, the mean waits and their sum are the library's."""
    stream = Stream(10, name)
    drawn = [schedule(name, failure, lambda n, i=i: stream.uniform(i, n)) for i in range(round(10_000 / tries[0]))]
    mean, least, most = tries
    assert fmean(count for count, _ in drawn) == pytest.approx(mean, rel=0.01)
    assert least - 1 <= min(count for count, _ in drawn) <= max(count for count, _ in drawn) <= most + 1
    assert [fmean(pauses[n] for _, pauses in drawn) for n in range(len(means))] == pytest.approx(means, rel=0.06)
    assert fmean(sum(pauses) for _, pauses in drawn) == pytest.approx(total, rel=0.02)


HEDGED = [  # preset, instants at which the copies of a call start that never gets an answer
    ("hedge-10ms", [0, 0.01]),
    ("grpc-hedging", [0, 0.5, 1.0, 1.5]),
    ("envoy-hedge", [0, 1.0]),
    ("cassandra-speculative", [0, 0.1, 0.2]),
    ("polly-hedging", [0, 2.0]),
]


@pytest.mark.parametrize(("name", "starts_s"), HEDGED)
def test_when_hedges_send_their_copies(name, starts_s):
    """The copies leave at these instants while nothing is heard, and not a further one."""
    _, log = run(policy_preset(name).policy, [End(100.0)])
    assert [heard.at_s for heard in log if isinstance(heard.step, Hedge)] == pytest.approx(starts_s[:-1])
    assert [heard.at_s for heard in log if not isinstance(heard.step, Wait)][: len(starts_s)] == pytest.approx(starts_s)


def test_every_preset_has_its_schedule_here():
    """No retrying or hedging preset is without a golden schedule but those of a single attempt, and those by name."""
    tested = {name for table in (SCHEDULES, ENDLESS, DRAWN, HEDGED) for name, *_ in table}
    elsewhere = {"sre-server-budget", "aws-adaptive", "gax-java", "okhttp", "kafka-python", "backoff-expo-1m",
                 "urllib3-retry-jitter", "backoff-none", "backoff-decorrelated", "hedge-p95",
                 "resilience4j-breaker-time"}  # fmt: skip
    single = {name for name, policy in policy_presets().items() if getattr(policy, "attempts", 1) == 1}
    assert set(policy_preset_names()) == tested | elsewhere | single
    assert not tested & elsewhere


@pytest.mark.parametrize("result", ["refused", "unreachable"])
def test_wget_takes_a_refusal_for_an_answer(result):
    """Refused and unreachable are final, silence is not: connect.c, retryable_socket_connect_error."""
    assert schedule("wget", End(0.0, result))[0] == 1
    assert schedule("wget", FAILED)[0] == 1


def test_envoy_repeats_three_calls_at_one_time_and_no_more():
    """Fifty calls fail together: three get their retry (measured on Envoy 1.40.0 with six retries allowed)."""
    calls = together(policy_preset("envoy-5xx").policy, [(0.0, [FAILED])] * 50)
    assert sorted(call.sent for call in calls) == [1] * 47 + [2] * 3


def test_breakers_of_the_presets_are_their_libraries():
    """gobreaker opens at the sixth failure in a row; resilience4j at half of a hundred, or if all are slow."""
    assert policy_preset("gobreaker").policy.breaker == Consecutive(failures=6, rest=60.0, trials=1)
    assert policy_preset("resilience4j-breaker").policy.breaker == Window(
        size=100, share=0.5, minimum=100, rest=60.0, trials=10, slower_than=60.0, slow_share=1.0
    )


def test_dotnet_gives_up_after_ten_seconds_a_try_and_thirty_in_all():
    """Calls that hang: tries of 10 s, and the third is cut by the 30 s."""
    outcome, log = run(policy_preset("dotnet-standard").policy, [End(1000.0)])
    assert outcome.reason == "timeout"
    assert max(heard.reply.at_s for heard in log) == pytest.approx(30.0)
    assert log[0].reply.at_s == pytest.approx(10.0)


def test_every_preset_can_be_run_and_says_where_it_comes_from():
    """No preset is an endless loop; each has a family, a reason of one line, and a source; names parse nothing."""
    for name in policy_preset_names():
        preset = policy_preset(name)
        assert preset.policy.problem() is None, name
        assert preset.why, name
        assert "\n" not in preset.why, name
        assert preset.source, name
        assert preset.name == name
        assert preset.family in FAMILIES, name
        assert set(preset_entries("policies")[name]) <= {"why", "source", "is", "also", "family"}, name


def test_further_names_stand_for_presets():
    """`grpc`, `envoy` and their like are the presets that they stand for; none of them is a preset's own name."""
    assert {"aws": "aws-standard", "grpc": "grpc-example", "envoy": "envoy-5xx"}.items() <= preset_aliases(
        "policies"
    ).items()
    for alias, name in preset_aliases("policies").items():
        assert policy_preset(alias) is policy_preset(name)
        assert alias not in policy_preset_names()


def test_a_name_that_is_no_preset_is_an_error():
    """A KeyError names it."""
    with pytest.raises(KeyError, match="grcp"):
        policy_preset("grcp")


def test_presets_are_what_their_data_says():
    """A preset is the policy that a scenario would get from the same words."""
    assert policy_preset("three-retries").policy == Retry(attempts=4)

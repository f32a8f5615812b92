"""What holds for every policy, whether a preset or made up."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_policies import HEDGES, LAYERS, RETRIES, SCRIPTS
from scripted import Playing, middle, run, together

from sim.plan.streams import Stream
from sim.policy import Hedging, Layers, Once, Retry, Wait, describe, policy_presets

PRESETS = policy_presets()
SEEDS = st.integers(0, 1000)
KINDS = pytest.mark.parametrize("policies", [RETRIES, HEDGES, LAYERS], ids=["retry", "hedge", "layers"])


def most_attempts(policy: Any) -> float:
    """Return the stated bound on attempts: of layers, the product."""
    if isinstance(policy, Layers):
        return math.prod(map(most_attempts, policy.layers))
    if isinstance(policy, Retry | Hedging):
        return math.inf if policy.attempts == "unlimited" else policy.attempts
    return 1


def deadline_s(policy: Any) -> float:
    """Return after how long no attempt may begin any more."""
    if isinstance(policy, Layers):
        return deadline_s(policy.layers[0])
    limit_s = policy.try_timeout if isinstance(policy, Once) else getattr(policy, "deadline", None)
    return math.inf if limit_s is None else limit_s


def held(state: Any) -> list[float]:
    """Return how much of every place of a snapshot is held by calls under way."""
    if not isinstance(state, dict):
        return []
    keys = ("active", "under_way", "in_flight", "waiting", "trials_under_way")
    return [state[key] for key in keys if key in state] + [n for part in state.values() for n in held(part)]


def snapshot(shared: Any) -> Any:
    """Return a policy's state as plain values."""
    return None if shared is None else shared.snapshot()


def tokens(state: Any) -> list[float]:
    """Return the tokens of every budget of a snapshot."""
    if not isinstance(state, dict):
        return []
    return [state[key] for key in ("tokens",) if key in state] + [n for part in state.values() for n in tokens(part)]


def check(policy: Any, script: Any, seed: int) -> None:
    """Hold one call of a policy to its laws."""
    draw = Stream(seed, "policy").row(0)
    shared = policy.new_shared()
    outcome, log = run(policy, script, shared=shared, draw=draw, now_s=100.0)
    sent = [heard for heard in log if not isinstance(heard.step, Wait)]
    assert outcome.attempts == len(sent) <= most_attempts(policy)
    ends_s = 100.0 + deadline_s(policy)
    assert all(heard.at_s < ends_s for heard in sent)
    assert all(heard.at_s + (heard.step.timeout_s or 0.0) <= ends_s + 1e-9 for heard in sent)
    assert all(heard.step.timeout_s is not None for heard in sent) or ends_s == math.inf
    assert all(n >= 0 for n in tokens(snapshot(shared)))
    assert not any(held(snapshot(shared)))
    assert (outcome, log) == run(policy, script, draw=draw, now_s=100.0)


@pytest.mark.parametrize("name", [name for name, policy in PRESETS.items() if policy.problem() is None])
@given(script=SCRIPTS, seed=SEEDS)
@settings(max_examples=15)
def test_every_preset_keeps_the_laws(name, script, seed):
    """No attempt at or after the deadline, none beyond the bound, no debt, nothing held at the end; the same twice."""
    check(PRESETS[name], script, seed)


@KINDS
@given(data=st.data(), script=SCRIPTS, seed=SEEDS)
@settings(max_examples=150)
def test_every_policy_keeps_the_laws(policies, data, script, seed):
    """The same for policies and layers of them that nobody has thought of."""
    check(data.draw(policies), script, seed)


@KINDS
@given(data=st.data(), script=SCRIPTS, steps=st.integers(0, 12), before=st.integers(0, 3))
@settings(max_examples=150)
def test_a_caller_that_goes_away_leaves_nothing_behind(policies, data, script, steps, before):
    """Closed at any point, a call gives back trials, places and what it holds of a budget."""
    policy = data.draw(policies)
    shared, now_s = policy.new_shared(), 0.0
    for _ in range(before):
        log = run(policy, script, shared=shared, now_s=now_s)[1]
        now_s = log[-1].reply.at_s if log else now_s
    call = Playing(policy.call(now_s, middle, shared), script, now_s)
    for _ in range(steps):
        if call.outcome is None:
            call.go_on()
    call.close()
    assert not any(held(snapshot(shared)))


@KINDS
@given(data=st.data(), scripts=st.lists(SCRIPTS, max_size=8), gap_s=st.sampled_from([0.0, 0.01, 0.5]))
@settings(max_examples=100)
def test_calls_at_one_time_leave_nothing_behind_either(policies, data, scripts, gap_s):
    """Calls that share a state, in any order of replies: all end, all places are free again, no budget is in debt."""
    policy = data.draw(policies)
    shared = policy.new_shared()
    calls = together(policy, [(n * gap_s, script) for n, script in enumerate(scripts)], shared=shared)
    assert all(call.outcome is not None for call in calls)
    assert all(call.outcome.attempts == call.sent <= most_attempts(policy) for call in calls)
    assert not any(held(snapshot(shared)))
    assert all(n >= 0 for n in tokens(snapshot(shared)))


@KINDS
@given(data=st.data())
@settings(max_examples=40)
def test_every_policy_has_words_and_says_whether_it_can_be_run(policies, data):
    """One line, and no problem where attempts are bounded."""
    policy = data.draw(policies)
    assert describe(policy).strip()
    assert "\n" not in describe(policy)
    assert policy.problem() is None

"""The survey as it is made."""

from __future__ import annotations

import pytest
import yaml

from sim.errors import RunError, ScenarioError, UsageError
from sim.spec.source import read
from sim.suite import Sizes, compare_policies

SCENARIO = """
version: 1
name: mine
why: Which policy?
run: {duration: 20s, replications: 2, seed: 5}
cluster: {nodes: {a: {}}}
workloads: {api: {serves: {takes: {exponential: {mean: 10ms}}, errors: 20%}}}
services: {api: {of: api}}
policies: {twice: {kind: retry, attempts: 2}}
clients:
  web: {from: a, to: api, arrivals: {poisson: 20/s}, policy: twice}
  batch: {from: a, to: api, arrivals: {poisson: 10/s}}
options: {other: {}}
"""
NOT_THEIRS = {"adversities": ["steady"], "sizes": Sizes(50.0)}


@pytest.fixture
def mine(tmp_path):
    """Return the path of a scenario with two clients, one of which names no policy."""
    path = tmp_path / "mine.yaml"
    path.write_text(SCENARIO)
    return path


def ok(survey, option, client):
    """Return the share of a client's calls that were answered."""
    return next(
        row.value
        for row in survey.rows
        if (row.option, row.phase, row.subject, row.metric) == (option, "all", client, "call_ok_share")
    )


def test_policies_meet_the_same_calls_under_each_adversity():
    """A small one: two policies, two adversities, scaled down; where nothing is wrong they do exactly the same."""
    survey = compare_policies(
        policies=["none", "resilience4j"],
        adversities=["steady", "brief-outage"],
        sizes=Sizes(50.0),
        replications=1,
        processes=1,
    )
    assert survey.scenarios == ("steady", "brief-outage")
    assert [policy.option for policy in survey.policies] == ["none", "resilience4j"]
    assert survey.policies[1].source.startswith("resilience4j")
    first, second = (result.replications[0] for result in survey["steady"].results)
    assert first.values == second.values
    values = {r.option: r.replications[0].values for r in survey["brief-outage"].results}
    tries = {option: found["all", "client/callers", "attempts_per_call"] for option, found in values.items()}
    assert tries["none"] == 1.0 < tries["resilience4j"]


def test_in_a_scenario_every_client_has_each_policy_in_turn(mine):
    """Its own options give way; a client that named no policy gets one; the survey is about all of them."""
    survey = compare_policies(mine, ["none", "twice", "three-retries"], processes=1)
    assert (survey.scenarios, survey.callers) == (("mine",), "cluster")
    assert [result.option for result in survey["mine"].results] == ["none", "twice", "three-retries"]
    for client in ("client/web", "client/batch"):
        assert ok(survey, "none", client) < ok(survey, "twice", client) < ok(survey, "three-retries", client)
    assert survey.policies[1].source == ""


def test_one_client_of_a_scenario_can_be_meant(mine):
    """The others keep what they had, and the survey is about that one."""
    survey = compare_policies(mine, ["none", "three-retries"], client="batch", processes=1)
    assert survey.callers == "client/batch"
    assert ok(survey, "none", "client/web") == ok(survey, "three-retries", "client/web")
    assert ok(survey, "none", "client/batch") < ok(survey, "three-retries", "client/batch")


def test_layers_are_one_policy_over_another(mine):
    """Two tries of two tries each are up to four."""
    survey = compare_policies(mine, ["twice", "twice+three-retries"], client="web", processes=1)
    assert survey.policies[1].option == "twice-over-three-retries"
    assert ok(survey, "twice-over-three-retries", "client/web") > ok(survey, "twice", "client/web")


def test_how_callers_connect_can_be_chosen():
    """The same policy with a new connection for each request takes longer."""
    how = {"policies": ["none"], "adversities": ["steady"], "sizes": Sizes(50.0), "replications": 1, "processes": 1}
    kept, fresh = (compare_policies(transport=transport, **how) for transport in (None, "wget"))
    read_s = [
        s["steady"].results[0].replications[0].values["all", "client/callers", "call_mean_s"] for s in (kept, fresh)
    ]
    assert read_s[0] < read_s[1]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"policies": ["non"]}, "'non' is no policy; did you mean none"),
        ({"adversities": ["loss"]}, "'loss' is no adversity"),
        ({"transport": "wgt"}, "'wgt' is no transport; did you mean wget"),
        ({"client": "web"}, "none was given; accepted: SCENARIO too"),
    ],
)
def test_what_does_not_exist_is_an_error_before_anything_runs(how, said):
    """With the nearest name."""
    with pytest.raises(UsageError, match=said):
        compare_policies(**how, runner="nowhere:run")


@pytest.mark.parametrize("name", NOT_THEIRS)
def test_a_scenario_has_its_own_rates_and_faults(mine, name):
    """Adversities and rates do not go with it."""
    with pytest.raises(UsageError, match="accepted with a SCENARIO"):
        compare_policies(mine, **{name: NOT_THEIRS[name]})


def test_a_client_that_the_scenario_does_not_have_is_an_error(mine):
    """With the nearest name."""
    with pytest.raises(UsageError, match="'wbe' is no client; did you mean web"):
        compare_policies(mine, client="wbe")


def test_what_is_wrong_with_a_scenario_is_said_with_its_own_lines(mine):
    """Not with those of the text that the policies were written into."""
    mine.write_text(SCENARIO.replace("poisson: 10/s", "poison: 10/s"))
    with pytest.raises(ScenarioError, match=r"mine\.yaml:12: clients.batch.arrivals"):
        compare_policies(mine)


def test_a_scenario_without_clients_has_nobody_to_give_a_policy(mine):
    """An error that says so."""
    data = yaml.safe_load(read(mine).text)
    mine.write_text(yaml.safe_dump({key: value for key, value in data.items() if key not in ("clients", "options")}))
    with pytest.raises(UsageError, match="has no clients"):
        compare_policies(mine)


STOPPED = """
from sim.run import simulate
def run(scenario, option, seed, **how):
    if (scenario.name, seed) == {at!r}:
        raise KeyboardInterrupt
    return simulate(scenario, option, seed, **how)
"""


@pytest.mark.parametrize(("at", "whole"), [(("loss-1", 6), ("steady",)), (("loss-1", 7), ("steady", "loss-1"))])
def test_ctrl_c_keeps_the_adversities_that_are_whole(tmp_path, monkeypatch, at, whole):
    """What has no whole replication yet is left out and named; the rest has the same seeds."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / f"stopped_{at[1]}.py").write_text(STOPPED.format(at=at))
    survey = compare_policies(
        policies=["none", "linkerd"],
        adversities=["steady", "loss-1"],
        sizes=Sizes(5.0),
        replications=3,
        processes=1,
        runner=f"stopped_{at[1]}:run",
    )
    assert (survey.interrupted, survey.scenarios, survey.asked) == (True, whole, ("steady", "loss-1"))
    assert {result.seeds for comparison in survey.comparisons for result in comparison.results} <= {(6,), (6, 7)}


def test_stopped_at_once_there_is_nothing_to_show(tmp_path, monkeypatch):
    """An error, as in every study."""
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "stopped_first.py").write_text(STOPPED.format(at=("steady", 6)))
    with pytest.raises(RunError, match="stopped before the first replication"):
        compare_policies(policies=["none"], adversities=["steady"], processes=1, runner="stopped_first:run")

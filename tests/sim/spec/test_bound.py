"""A scenario as a binding changes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import ScenarioError
from sim.spec.bound import Changes, load_bound
from sim.spec.load import load
from sim.spec.scenario import Scenario
from sim.spec.yaml_core import parse

SHORT = "set:\n  run.duration: 3m\n  faults.gone.for: 20s\n"


@pytest.fixture
def bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: str):
    """Load the small scenario as `it.yaml`, changed by the text of a binding called `b.yaml`."""
    monkeypatch.chdir(tmp_path)

    def with_changes(text: str, option: str = "as-is", scenario: str = small) -> Scenario:
        Path("it.yaml").write_text(scenario, encoding="utf-8")
        return load_bound("it.yaml", option, changes(text))

    return with_changes


def changes(text: str) -> Changes:
    """Return the changes of a binding's text."""
    tree = parse(text or "{}", "b.yaml")
    data = tree.data
    return Changes("b.yaml", data.get("set", {}), data.get("add", {}), tuple(data.get("remove", ())), tree.line)


@pytest.fixture
def wrong(bound):
    """Return what is wrong, as lines."""

    def of_changes(text: str, option: str = "as-is") -> list[str]:
        with pytest.raises(ScenarioError) as raised:
            bound(text, option)
        return str(raised.value).splitlines()

    return of_changes


def test_nothing_changed_is_the_option_itself(bound):
    """The very scenario that a simulation of the option plays."""
    for option in ("as-written", "as-is", "more"):
        assert bound("", option) == load("it.yaml").option(option)


def test_length_and_faults_are_the_bindings_to_say(bound):
    """On top of the option, which stays as it is elsewhere."""
    found = bound(SHORT + "add:\n  faults.kill: {kind: pod_kill, workload: api, at: 1m}\n", "more")
    option = load("it.yaml").option("more")
    assert found.run == option.run.model_copy(update={"duration": 180.0})
    assert found.faults["gone"].for_.value == 20.0
    assert list(found.faults) == ["gone", "flap", "kill"]
    assert found.workloads["api"].replicas == 5
    rest = {"run": option.run, "faults": option.faults}
    assert found.model_copy(update=rest) == option


def test_the_repair_of_a_removed_fault_goes_with_it(bound):
    """A binding may not speak of repairs; without the fault there is nothing to repair."""
    found = bound("remove: [faults.gone]\n")
    assert (list(found.faults), dict(found.repair)) == (["flap"], {})
    assert list(bound("remove: [faults.flap]\n").repair) == ["gone"]


OUTSIDE = ["workloads.api.replicas", "run.seed", "run.replications", "run", "version", "options", "steady", "cluster"]


@pytest.mark.parametrize("path", OUTSIDE)
def test_everything_else_is_refused(wrong, path):
    """Before anything is looked at, with what is accepted."""
    assert wrong(f"set:\n  faults.gone.for: 20s\n  {path}: 1\n") == [
        f"b.yaml:3: set.{path}: '{path}' cannot be changed by a binding; "
        "accepted: run.duration, run.warmup, and what is under faults"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("set: {faults.gonn.for: 1s}", "1: set.faults.gonn.for: there is no 'gonn' in faults; did you mean gone? kno"),
        ("set:\n  run.duration: 3\n", "2: set.run.duration: '3' has no unit; accepted: a duration such as 5s, 250ms, "),
        ("set:\n  faults.gone.node: x\n", "2: set.faults.gone.node: 'x' is no node; known: a, b, c"),
        ("add:\n  faults.gone: {}\n", "2: add.faults.gone: faults.gone is there already ({kind: node_loss, node: a, "),
        ("add:\n  faults.new:\n    kind: latensy\n", "3: add.faults.new.kind: 'latensy' is no kind; did you mean lat"),
        ("add:\n  faults.new:\n    kind: noop\n    at: 11m\n", "4: add.faults.new.at: a beginning at 11m comes after "),
        ("remove:\n  - faults.gonn\n", "2: remove[0]: there is no 'gonn' in faults; did you mean gone? known: gone, "),
        ("set: {faults.gone.for: 1s, faults.gone: {}}", "1: set.faults.gone.for: the same binding also changes fault"),
        (
            "set:\n  run.duration: 30s\n",
            "2: set.run.duration: with these changes faults.gone.at (it.yaml:22) is wron",
        ),
        (
            "set:\n  faults.gone.for: 1s\n  run.duration: 90s\n",
            "1: set: with these changes faults.gone.at (it.yaml:22)",
        ),
        ("remove:\n  - faults.flap\n  - faults.flap\n", "2: remove[0]: the same binding also changes faults.flap; acc"),
    ],
)
def test_errors_name_the_binding(wrong, text, problem):
    """Its file, line and path; also where it makes something wrong that stands in the scenario's own file."""
    assert wrong(text)[0][: len(problem) + 7] == f"b.yaml:{problem}"


def test_every_error_is_told_at_once(wrong):
    """In the order of the file."""
    found = wrong("set:\n  run.seed: 1\n  faults.x.for: 1s\nremove: [clients]\n")
    assert [line.split(": ")[0] for line in found] == ["b.yaml:2", "b.yaml:3", "b.yaml:4"]


def test_a_scenario_that_is_wrong_by_itself_says_so_itself(bound, small):
    """The binding is not blamed for it."""
    with pytest.raises(ScenarioError, match=r"^it\.yaml:22: faults\.gone\.node: 'x' is no node"):
        bound(SHORT, scenario=small.replace("node: a", "node: x"))


def test_an_unknown_option_is_the_callers_mistake(bound):
    """And names those that there are."""
    with pytest.raises(ScenarioError, match=r"it\.yaml: options: 'mor' is no option; did you mean more\?"):
        bound(SHORT, "mor")


WORD = st.sampled_from(["run", "faults", "gone", "flap", "for", "duration", "warmup", "kind", "0", "", "x", "clients"])
PATHS = st.lists(WORD, min_size=1, max_size=4).map(".".join)
VALUES = st.none() | st.booleans() | st.integers(-3, 10**6) | st.sampled_from(["5s", "x", "", "noop", "3m"])
TREES = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORD, inner, max_size=2))


@given(set_=st.dictionaries(PATHS, TREES, max_size=3), add=st.dictionaries(PATHS, TREES, max_size=2),
       remove=st.lists(PATHS, max_size=2))  # fmt: skip
def test_a_bad_binding_is_refused_and_never_reaches_beyond(set_, add, remove):
    """Whatever it says: either every error names it, or nothing but run and faults (and repairs of theirs) differ."""
    option = load("node-lost").option(load("node-lost").options[0])
    try:
        found = load_bound("node-lost", load("node-lost").options[0], Changes("b.yaml", set_, add, tuple(remove)))
    except ScenarioError as error:
        blamed = {problem.file for problem in error.problems}
    else:
        blamed = {"b.yaml"}
        kept = {"run": option.run, "faults": option.faults, "repair": option.repair}
        assert found.model_copy(update=kept) == option
        assert (found.run.seed, found.run.replications) == (option.run.seed, option.run.replications)
    assert blamed == {"b.yaml"}

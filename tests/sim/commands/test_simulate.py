"""`weatherglass simulate`: readings, stories, and how it ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import sim
from sim.cli import main
from sim.record import Journal


@pytest.fixture
def simulation(made_comparison: Any) -> Any:
    """The first option of the made comparison, by itself."""
    first = made_comparison.results[0].option
    return type(made_comparison)(
        scenario="k3s-audit",
        why="Why?",
        result=made_comparison.results[0],
        verdicts=tuple(verdict for verdict in made_comparison.verdicts if verdict.option == first),
        causes=made_comparison.causes,
        rows=made_comparison.rows,
        assumptions={},
        interrupted=False,
    )


@pytest.fixture
def asked(simulation: Any, made_journal: Journal, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A study and a run that simulate nothing; they note what they were asked."""
    calls: list[dict[str, Any]] = []

    def simulate_many(document: Any, option: str, **how: Any) -> Any:
        calls.append({"option": option, **how})
        return simulation

    def run(scenario: Any, option: str, seed: int, **how: Any) -> Journal:
        calls.append({"run": option, "seed": seed, **how})
        return made_journal

    study = SimpleNamespace(simulate_many=simulate_many)
    monkeypatch.setitem(sys.modules, "sim.study", study)
    monkeypatch.setattr(sim, "study", study, raising=False)
    monkeypatch.setitem(sys.modules, "sim.run", SimpleNamespace(simulate=run))
    return calls


def test_a_broken_objective_ends_with_1_and_is_named(asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Readings go to standard output, the names of broken objectives to standard error."""
    assert main(["simulate", "k3s-audit"]) == 1
    shown = capsys.readouterr()
    assert "call_ok_share of client/bootstrapper" in " ".join(shown.out.split())
    assert shown.err == "broken: answers, recovers, capacity\n"


def test_no_broken_objective_ends_with_0(asked: list[Any], simulation: Any) -> None:
    """Held and undecided objectives are no failure."""
    simulation.verdicts = ()
    assert main(["simulate", "k3s-audit"]) == 0


def test_one_replication_of_the_first_option_unless_told_otherwise(asked: list[Any]) -> None:
    """The defaults are one run of the file's first option; flags change both."""
    main(["simulate", "k3s-audit"])
    main(["simulate", "k3s-audit", "--option", "p1", "--replications", "4", "--seed", "9", "--trace"])
    assert [(how["option"], how["replications"], how["seed"], how["trace"]) for how in asked] == [
        ("as-audited", 1, None, False),
        ("p1", 4, 9, True),
    ]


def test_a_story_is_told_instead_of_tables(asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    """--explain tells the run with the first seed, and only a call's story needs its attempts recorded."""
    main(["simulate", "k3s-audit", "--explain", "node/styx"])
    shown = capsys.readouterr()
    assert shown.out.startswith("node styx, option as-written, seed 7\n")
    assert "95 % interval" not in shown.out
    main(["simulate", "k3s-audit", "--explain", "users#6"])
    assert [(how["run"], how["seed"], how["trace"]) for how in asked if "run" in how] == [
        ("as-audited", 0, False),
        ("as-audited", 0, True),
    ]


def test_a_story_beside_json_goes_to_standard_error(asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    """With --json standard output stays one document."""
    main(["simulate", "k3s-audit", "--json", "--explain", "pod/apps-0"])
    shown = capsys.readouterr()
    assert len(json.loads(shown.out)) == 2
    assert shown.err.startswith("pod apps-0 on styx")


def test_a_subject_that_cannot_be_is_refused_before_anything_runs(
    asked: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt form ends with 2 at once, an unknown name with 2 and the near names."""
    assert main(["simulate", "k3s-audit", "--explain", "styx"]) == 2
    assert asked == []
    assert main(["simulate", "k3s-audit", "--explain", "node/stix"]) == 2
    assert "did you mean styx?" in capsys.readouterr().err


def test_a_stopped_simulation_ends_with_3(
    asked: list[Any], simulation: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is done is shown, and being stopped outweighs a broken objective."""
    simulation.interrupted = True
    assert main(["simulate", "k3s-audit", "--replications", "30"]) == 3
    assert "Stopped early: 5 finished replications are shown." in capsys.readouterr().out


def test_pictures_have_the_first_run_s_timeline(
    asked: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--plots draws all replications, and nodes and pods of the first."""
    main(["simulate", "k3s-audit", "--plots", str(tmp_path)])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "latency-bootstrapper.png", "timeline.png", "traffic-bootstrapper.png",
    ]  # fmt: skip
    assert "timeline.png" in capsys.readouterr().err

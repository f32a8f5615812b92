"""`weatherglass policies compare`: what goes where, and how it ends."""

from __future__ import annotations

import json

import made_survey
import pytest

from sim import suite
from sim.cli import main
from sim.suite import Sizes


@pytest.fixture
def asked(monkeypatch):
    """A suite that makes no runs: it returns the made survey, and notes what it was asked."""
    calls = []

    def compare_policies(*given, **how):
        how["progress"](1, 2)
        calls.append((given, how))
        return calls_result[0]

    calls_result = [made_survey.survey()]
    monkeypatch.setattr(suite, "compare_policies", compare_policies)
    calls_result.append(calls)
    return calls_result


def test_no_argument_at_all_works(asked, capsys):
    """Tables go to standard output and the exit code is 0, whoever is lost."""
    assert main(["policies", "compare"]) == 0
    assert "Ranks by success" in capsys.readouterr().out
    ((given, how),) = asked[1]
    assert given == (None, None, None)
    assert (how["sizes"], how["replications"], how["client"], how["transport"]) == (Sizes(), None, None, None)


def test_what_is_asked_reaches_the_suite(asked):
    """Names are split, rates are read with or without their unit."""
    flags = ["--policies", "none, grpc+envoy", "--adversities", "steady,loss-1", "--service-rate", "200", "--load",
             "9000/m", "--replications", "3", "--seed", "8", "--transport", "wget", "--processes", "2"]  # fmt: skip
    assert main(["policies", "compare", *flags]) == 0
    ((given, how),) = asked[1]
    assert given == (None, ["none", "grpc+envoy"], ["steady", "loss-1"])
    assert how["sizes"] == Sizes(200.0, 150.0)
    assert (how["replications"], how["seed"], how["transport"], how["processes"]) == (3, 8, "wget", 2)


def test_for_machines_it_prints_summary_rows_and_nothing_else(asked, capsys):
    """`scenario` is the adversity."""
    assert main(["policies", "compare", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["scenario"] for row in rows} == {"calm", "storm"}
    assert list(rows[0]) == [
        "scenario", "option", "source", "phase", "subject", "metric", "unit", "value", "ci_low", "ci_high", "n",
    ]  # fmt: skip


def test_a_page_and_pictures_are_written_and_named(asked, tmp_path, capsys):
    """Beside the tables; directories are made."""
    page, plots = tmp_path / "new" / "page.html", tmp_path / "plots"
    assert main(["policies", "compare", "--html", str(page), "--plots", str(plots)]) == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert sorted(path.name for path in plots.iterdir()) == ["load-calm.png", "load-storm.png"]
    assert f"page: {page}" in capsys.readouterr().err


def test_a_stopped_survey_is_shown_and_ends_with_3(asked, capsys):
    """Ctrl-C keeps what is whole."""
    asked[0] = made_survey.survey(interrupted=True)
    assert main(["policies", "compare"]) == 3
    assert "Stopped early" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--load", "0"], "--load: '0'; accepted: a rate greater than 0"),
        (["--service-rate", "fast"], "--service-rate: 'fast'; accepted: a rate such as 50/s"),
        (["--replications", "0"], "--replications"),
        (["--json", "-o", "yaml"], "accepted: one of them"),
    ],
)
def test_bad_usage_ends_with_2(asked, capsys, flags, said):
    """Before anything runs."""
    assert main(["policies", "compare", *flags]) == 2
    assert said in capsys.readouterr().err
    assert asked[1] == []


def test_a_page_that_cannot_be_written_is_found_out_first(asked, tmp_path, capsys):
    """A directory in its place, or a file in the place of its directory."""
    (tmp_path / "file").write_text("mine")
    assert main(["policies", "compare", "--html", str(tmp_path)]) == 2
    assert main(["policies", "compare", "--html", str(tmp_path / "file" / "page.html")]) == 2
    assert capsys.readouterr().err.count("accepted: ") == 2
    assert asked[1] == []


@pytest.mark.parametrize("flag", [["--policies", "envoi"], ["--adversities", "brownout"], ["--transport", "wgett"]])
def test_unknown_names_end_with_2_and_the_nearest(flag, capsys):
    """From the suite itself, which runs nothing before it knows all names."""
    assert main(["policies", "compare", *flag]) == 2
    assert "did you mean" in capsys.readouterr().err

"""`weatherglass compare`: what goes where, and how it ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

import sim
from sim.cli import main


@pytest.fixture
def asked(made_comparison: Any, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A study that makes no runs: it returns the made comparison, and notes what it was asked."""
    calls: list[dict[str, Any]] = []

    def compare(document: Any, **how: Any) -> Any:
        how["progress"](1, 2)
        calls.append({"document": document, **how})
        return made_comparison

    study = SimpleNamespace(compare=compare)
    monkeypatch.setitem(sys.modules, "sim.study", study)
    monkeypatch.setattr(sim, "study", study, raising=False)
    return calls


def test_tables_go_to_standard_output_and_the_exit_code_is_0(
    asked: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """A comparison that was made ends with 0 although objectives are broken."""
    assert main(["compare", "k3s-audit"]) == 0
    shown = capsys.readouterr()
    assert "Objectives kept" in shown.out
    assert shown.err == ""


@pytest.mark.parametrize(
    ("flags", "read"), [(["--json"], json.loads), (["-o", "json"], json.loads), (["-o", "yaml"], yaml.safe_load)]
)
def test_machines_get_the_rows_and_nothing_else(
    asked: list[Any], capsys: pytest.CaptureFixture[str], flags: list[str], read: Any
) -> None:
    """Standard output is one document; what is no number is null."""
    assert main(["compare", "k3s-audit", *flags]) == 0
    first, second = read(capsys.readouterr().out)
    assert first == {
        "scenario": "k3s-audit", "option": "p0", "source": "sim", "phase": "all", "subject": "client/bootstrapper",
        "metric": "call_ok_share", "unit": "share", "value": 0.44, "ci_low": 0.2, "ci_high": 0.6, "n": 30,
    }  # fmt: skip
    assert (second["value"], second["ci_low"], second["ci_high"]) == (None, None, None)


def test_what_is_asked_reaches_the_study(asked: list[Any]) -> None:
    """Options, replications, seed and processes are handed on as given."""
    assert (
        main(["compare", "k3s-audit", "--options", "p1, p0", "--replications", "7", "--seed", "3", "--processes", "2"])
        == 0
    )
    (how,) = asked
    assert how["options"] == ("p1", "p0")
    assert (how["replications"], how["seed"], how["processes"], how["precision"], how["out"]) == (7, 3, 2, None, None)


def test_pictures_are_written_and_named_on_standard_error(
    asked: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """--plots writes the pictures and says where, beside the results."""
    assert main(["compare", "k3s-audit", "--json", "--plots", str(tmp_path / "new")]) == 0
    shown = capsys.readouterr()
    assert "objectives.png" in shown.err
    assert (tmp_path / "new" / "objectives.png").is_file()
    assert len(json.loads(shown.out)) == 2


def test_a_stopped_comparison_is_shown_and_ends_with_3(
    asked: list[Any], made_comparison: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C keeps what is done, says how much that is, and the exit code tells it from a whole one."""
    made_comparison.interrupted = True
    assert main(["compare", "k3s-audit"]) == 3
    assert "Stopped early: 5 whole replications" in capsys.readouterr().out


@pytest.mark.parametrize("flags", [["--replications", "0"], ["-o", "xml"], ["--nonsense"]])
def test_bad_usage_ends_with_2(asked: list[Any], flags: list[str]) -> None:
    """A flag that does not exist or does not fit ends with 2 before anything runs."""
    assert main(["compare", "k3s-audit", *flags]) == 2
    assert asked == []


def test_replications_and_precision_exclude_each_other(asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Either so many runs, or so many as a precision needs."""
    assert main(["compare", "k3s-audit", "--replications", "3", "--precision", "call_ok_share=0.1%"]) == 2
    assert "--precision" in capsys.readouterr().err


def test_two_forms_for_machines_exclude_each_other(asked: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    """--json and -o yaml cannot both be meant."""
    assert main(["compare", "k3s-audit", "--json", "-o", "yaml"]) == 2
    assert capsys.readouterr().err == "--json and -o yaml were given; accepted: one of them\n"
    assert main(["compare", "k3s-audit", "--json", "-o", "json"]) == 0


@pytest.mark.parametrize("flag", ["--plots", "--out"])
def test_a_place_that_cannot_be_written_is_found_out_first(
    asked: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str], flag: str
) -> None:
    """A file in the way ends with 2 before anything is simulated, and says what is accepted."""
    (tmp_path / "file").write_text("mine")
    assert main(["compare", "k3s-audit", flag, str(tmp_path / "file")]) == 2
    assert main(["compare", "k3s-audit", flag, str(tmp_path / "file" / "below")]) == 2
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[0] for line in said] == [flag, flag]
    assert all("accepted: a directory" in line for line in said)
    assert asked == []


def test_results_are_never_written_over(asked: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A directory that holds something, or a file in its place, ends with 2 and says what is accepted."""
    (tmp_path / "old").write_text("mine")
    assert main(["compare", "k3s-audit", "--out", str(tmp_path)]) == 2
    assert main(["compare", "k3s-audit", "--out", str(tmp_path / "old")]) == 2
    assert capsys.readouterr().err.count("accepted: a directory that is empty or does not exist yet") == 2
    assert asked == []

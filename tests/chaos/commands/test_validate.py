"""`weatherglass validate` of a binding, beside scenarios."""

from __future__ import annotations

import json

import pytest
import yaml
from good_binding import good_binding

import chaos.cli  # noqa: F401  (adds what a binding is)
from sim.cli import main
from sim.spec.source import read, shipped_folder


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Write a binding into the folder in which the command runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))

    def written(**changed):
        (tmp_path / "staging.yaml").write_text(yaml.safe_dump(good_binding(**changed), sort_keys=False))
        return "staging.yaml"

    return written


def test_a_binding_is_told_from_a_scenario(file, capsys):
    """By its sections, wherever it stands among scenarios; the example that ships is one."""
    example = str(shipped_folder() / "bindings" / "staging-example.yaml")
    assert main(["validate", "k3s-audit", file(), example]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "valid; options: " in lines[0]
    assert lines[1:] == ["staging.yaml: valid; a binding", f"{example}: valid; a binding"]


def test_what_is_wrong_in_a_binding_is_told_in_its_own_words(file, capsys):
    """With the line and what a binding takes there, and not that it is a strange scenario; also for machines."""
    source = file(limits={"node": 1})
    assert main(["validate", source]) == 2
    said = capsys.readouterr().err
    assert "limits.node" in said
    assert "faults" not in said
    assert main(["validate", "--json", source]) == 2
    (row,) = json.loads(capsys.readouterr().out)
    assert [problem["path"] for problem in row["problems"]] == ["limits.node"]


def test_a_binding_of_a_lab_that_is_not_there_says_so(file, capsys):
    """And the files after it are still looked at."""
    assert main(["validate", file(extends="lab"), "k3s-audit"]) == 2
    found = capsys.readouterr()
    assert found.err.startswith("staging.yaml: extends: ")
    assert "valid; options: " in found.out


def test_a_scenario_from_standard_input_is_still_one(capsys, monkeypatch):
    """It is read once, by whom it is for."""
    import io
    import sys

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(read("k3s-audit").text.encode())))
    assert main(["validate", "-"]) == 0
    assert "valid; options: " in capsys.readouterr().out

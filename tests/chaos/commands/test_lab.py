"""`weatherglass lab`: words, exit codes, and what it does not load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from lab_sites import a_site

import chaos
from chaos.lab.record import Lab

ROOT = Path(chaos.__file__).resolve().parent.parent
HEAVY = ("kubernetes", "cryptography", "rich", "yaml", "chaos.lab.up", "chaos.lab.binding", "chaos.lab.shape")


def _run(*arguments, state, code="import sys; from chaos.cli import main; sys.exit(main())"):
    environ = {**os.environ, "XDG_STATE_HOME": str(state), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [["--help"], ["lab", "--help"], ["lab", "up", "--help"]])
def test_help_loads_nothing_of_the_lab(arguments, tmp_path):
    """By module name, never by time."""
    code = (
        "import sys; from chaos.cli import main; code = main(); "
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr); sys.exit(code)"
    )
    done = _run(*arguments, state=tmp_path, code=code)
    assert (done.returncode, done.stderr) == (0, "[]\n")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("status",), 2, "there is no lab 'lab' in "),
        (("status",), 2, "accepted: one that is there (other), or a new one: weatherglass lab up --name lab"),
        (("status", "--name", "half"), 2, "lab 'half' is only half made, at "),
        (("status", "--name", "half"), 2, "weatherglass lab down --name half, then weatherglass lab up --name half"),
        (("logs", "etcd-server-1"), 2, "there is no lab 'lab'"),
        (("logs", "etcd", "--name", "other"), 2, "'etcd' is no component of lab 'other'; accepted: toxiproxy-node-1, "),
        (("stop", "node-1", "--name", "x"), 2, "there is no lab 'x'"),
        (("stop", "node-1", "--how", "foo"), 2, "--how: 'foo' is no way to stop something; accepted: term, kill"),
        (("stop", "node-9", "--name", "other"), 2, "'node-9' is neither a component nor a node of lab 'other'"),
        (("start", "node-1", "--name", "half"), 2, "lab 'half' is only half made"),
        (("restart", "node-1", "--name", "x"), 2, "there is no lab 'x'"),
        (("cut", "node-1", "--name", "x"), 2, "there is no lab 'x'"),
        (("cut", "edge", "--name", "other"), 2, "'edge' has no network of its own; accepted: node-1, node-2"),
        (("join", "node-1", "--name", "half"), 2, "lab 'half' is only half made"),
        (("status", "--name", "../x"), 2, "--name: '../x' does not fit"),
        (("up", "--shape", "ha"), 2, "accepted: single-etcd, single-sqlite, three-servers"),
        (("up", "--timing", "grace"), 2, "accepted: NAME=VALUE"),
        (("up", "--nodes", "many"), 2, "--nodes"),
    ],
)
def test_what_cannot_be_done_is_said_on_standard_error(tmp_path, arguments, code, told):
    """Exit code 2 for bad usage, 3 for what could not be done; standard output stays empty."""
    labs = tmp_path / "weatherglass" / "labs"
    (labs / "half").mkdir(parents=True)  # a crash came before its record was written
    other = Lab("other", labs)
    other.write(a_site(other.folders.home, name="other"))
    done = _run("lab", *arguments, state=tmp_path)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr


def test_taking_down_what_is_not_there_is_no_error(tmp_path):
    """It is how one makes sure."""
    done = _run("lab", "down", "--name", "not-there", state=tmp_path)
    assert (done.returncode, done.stderr) == (0, "there was no lab not-there; nothing is left\n")
    done = _run("lab", "down", "--name", "not-there", "--json", state=tmp_path)
    assert json.loads(done.stdout) == {"name": "not-there", "was_there": False, "left": []}

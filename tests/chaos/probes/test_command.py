"""A command holds if it exits with 0, and leaves nothing that runs."""

from __future__ import annotations

import sys
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

import pytest

from chaos.probes.command import CommandProbe
from chaos.probes.reading import Reading

BOUND_S = 30.0  # for hangs only
FORKS = """
import os, sys, time
from pathlib import Path
child = os.fork()
if child == 0:
    time.sleep(600)
Path(sys.argv[1]).write_text(str(child))
time.sleep(float(sys.argv[2]))
"""


def is_gone(pid: int) -> bool:
    """Return whether a process is gone, or dead and not yet taken notice of, within the bound."""
    stat = Path(f"/proc/{pid}/stat")
    until_s = monotonic() + BOUND_S
    while monotonic() < until_s:
        try:
            if stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        sleep(0.01)
    return False


@pytest.mark.parametrize(("code", "verdict"), [(0, "held"), (1, "broken"), (7, "broken")])
def test_only_an_exit_with_0_holds(code, verdict):
    """The exit code is the value; every other than 0 breaks the probe."""
    assert CommandProbe((sys.executable, "-c", f"exit({code})"), BOUND_S).read(3.0) == Reading(code, verdict, 3.0)


def test_what_cannot_be_started_is_unknown():
    """A command that does not exist says nothing about the system."""
    found = CommandProbe(("/no/such/command", "x"), 1.0).read(0.0)
    assert (found.verdict, found.why) == ("unknown", "/no/such/command cannot be started: No such file or directory")


@pytest.mark.parametrize(("sleeps_s", "verdict"), [(600, "unknown"), (0, "held")])
def test_nothing_that_a_command_started_outlives_the_reading(tmp_path, sleeps_s, verdict):
    """A command that forks and hangs is killed with its child; one that ends leaves no child behind either."""
    told = tmp_path / "child"
    found = CommandProbe((sys.executable, "-c", FORKS, str(told), str(sleeps_s)), 2.0).read(0.0)
    assert found.verdict == verdict
    assert is_gone(int(told.read_text(encoding="utf-8")))


def test_a_command_that_hangs_is_broken_off():
    """`abort` ends a reading long before its limit."""
    probe = CommandProbe((sys.executable, "-c", "import time; time.sleep(600)"), BOUND_S)
    found: list[Reading] = []
    thread = Thread(target=lambda: found.append(probe.read(0.0)))
    thread.start()
    probe.abort()
    thread.join(BOUND_S)
    assert [each.verdict for each in found] == ["unknown"]


def test_what_a_command_prints_goes_nowhere(capfd):
    """It may hold secrets: neither our output nor the reading has it."""
    script = "import sys; print('s3cr3t'); print('s3cr3t', file=sys.stderr); sys.exit(1)"
    found = CommandProbe((sys.executable, "-c", script), BOUND_S).read(0.0)
    assert capfd.readouterr() == ("", "")
    assert "s3cr3t" not in repr(found)

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.lab.process import MARK, alive, boot_id, launch, marked, signal_process, started_ticks, wait_until_gone

ENV = {"PATH": "/usr/bin:/bin"}
LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc (Linux)")
pytestmark = LINUX


@pytest.fixture
def sleeper(tmp_path):
    """A process that lives until the test is over."""
    started = launch(("/bin/sleep", "60"), env=ENV, log=tmp_path / "log", mark=str(tmp_path))
    yield started
    signal_process(started, signal.SIGKILL)
    wait_until_gone(started, 5.0)


def test_a_process_is_alive_until_it_is_gone(sleeper):
    """A killed child is gone as soon as it has ended, although nobody has asked for its exit code."""
    assert alive(sleeper)
    assert signal_process(sleeper, signal.SIGKILL)
    assert wait_until_gone(sleeper, 5.0)
    assert not alive(sleeper)


@pytest.mark.parametrize("changed", [{"ticks": 1}, {"boot": "another"}])
def test_a_number_that_is_used_again_is_another_process(sleeper, changed):
    """What began at another time, or before another boot, is not signalled."""
    other = replace(sleeper, **changed)
    assert not alive(other)
    assert not signal_process(other, signal.SIGKILL)
    assert alive(sleeper)


def test_a_process_that_does_not_end_is_said_so(sleeper):
    """Waiting has a limit."""
    assert not wait_until_gone(sleeper, 0.05)


def test_marked_processes_are_found_by_their_mark(sleeper, tmp_path):
    """The mark is inherited, and only the whole mark counts."""
    assert marked(str(tmp_path)) == [sleeper.pid]
    assert marked(str(tmp_path)[:-1]) == []


def test_output_is_added_to_the_log(tmp_path):
    """Both outputs go to one log, after what is there; the environment is only what was given."""
    log = tmp_path / "logs" / "x.log"
    for _ in range(2):
        done = launch(("/bin/sh", "-c", "echo out; echo err >&2; env | grep -v PWD | sort"), env=ENV, log=log, mark="m")
        assert wait_until_gone(done, 5.0)
    said = ["out", "err", "PATH=/usr/bin:/bin", f"{MARK}=m"]
    lines = [line for line in log.read_text().splitlines() if not line.startswith(("_=", "SHLVL", "OLDPWD"))]
    assert sorted(lines) == sorted(said * 2)


def test_a_process_leads_a_session_of_its_own(sleeper):
    """An interrupt at the terminal of `up` does not reach it."""
    assert os.getsid(sleeper.pid) == sleeper.pid


def test_no_process_has_no_start():
    """A number that nobody has is None; this process began after the boot."""
    assert started_ticks(2**22 + 1) is None
    assert (started_ticks(os.getpid()) or 0) > 0
    assert boot_id() == boot_id() != ""


def test_a_process_is_there_as_long_as_one_of_its_threads(tmp_path):
    """Its first thread has ended (a zombie), another still runs, and with it everything that the process holds."""
    script = (
        "import ctypes, sys, threading, time\n"
        "threading.Thread(target=time.sleep, args=(1.0,)).start()\n"
        "ctypes.CDLL(None).pthread_exit(None)\n"
    )
    split = launch((sys.executable, "-c", script), env=ENV, log=tmp_path / "log", mark=str(tmp_path))
    state = Path(f"/proc/{split.pid}/stat")
    for _ in range(500):
        if state.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z":
            break
        time.sleep(0.01)
    else:
        pytest.fail("its first thread does not end")
    assert alive(split)
    assert wait_until_gone(split, 5.0)

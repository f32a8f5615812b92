from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from chaos.lab.parts import Parts

from .conftest import ENDS_WITHIN_S, run


@pytest.mark.parametrize("word", [signal.SIGTERM, signal.SIGINT])
def test_it_waits_for_a_signal(workloads: Parts, word: signal.Signals) -> None:
    """It does nothing until it is told to end, and then ends well; a child's end is not such a word."""
    process = run(workloads.path("pause"))
    _wait_until_it_listens(process.pid)
    process.send_signal(signal.SIGCHLD)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.2)
    process.send_signal(word)
    assert process.communicate(timeout=ENDS_WITHIN_S) == ("", "")
    assert process.returncode == 0


def _wait_until_it_listens(pid: int) -> None:
    """Wait until SIGTERM has a handler (bit 14 of the mask): before, any signal ends it (proc_pid_status(5))."""
    for _ in range(ENDS_WITHIN_S * 100):
        caught = next(
            line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigCgt")
        )
        if int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.01)
    pytest.fail("it never came to listen")


def test_as_process_1_it_reaps_orphans(workloads: Parts) -> None:
    """In a pid namespace whose process 1 it is, what is orphaned to it and ends leaves no zombie."""
    if os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("nsenter") is None:
        pytest.skip("a pid namespace needs root, unshare and nsenter (util-linux)")
    command = ["unshare", "--pid", "--fork", "--kill-child", str(workloads.path("pause"))]
    with subprocess.Popen(command) as outer:
        pause = _child_of(outer.pid)
        _wait_until_it_listens(pause)
        orphan = ["nsenter", "--target", str(pause), "--pid", "sh", "-c", "sleep 0.1 & exit 0"]
        subprocess.run(orphan, check=True, timeout=ENDS_WITHIN_S)
        left = _children_after(pause)
        outer.kill()  # unshare ignores SIGTERM while its child lives; --kill-child takes that one along
    assert left == []


def _child_of(pid: int) -> int:
    for _ in range(ENDS_WITHIN_S * 100):
        if found := Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            return int(found[0])
        time.sleep(0.01)
    pytest.fail("it never had a child")


def _children_after(pid: int) -> list[str]:
    """Return the children that are left when the orphan had its time to end: it sleeps for 0.1 s."""
    children: list[str] = ["unknown"]
    for _ in range(ENDS_WITHIN_S * 100):
        children = [
            name for task in Path(f"/proc/{pid}/task").iterdir() for name in (task / "children").read_text().split()
        ]
        if not children:
            break
        time.sleep(0.01)
    return children

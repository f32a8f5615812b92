from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from chaos.lab.locks import Held, locked

HOLD = """
import pathlib, sys
from chaos.lab.locks import locked
with locked(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_lock_leaves_no_file(tmp_path):
    """Its file says who holds it, and goes with it; also when what it guarded failed."""
    path = tmp_path / "sub" / "lock"
    said = []

    def fail() -> None:
        with locked(path):
            said.append(path.read_text())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (said, path.exists()) == ([str(os.getpid())], False)


def test_who_does_not_wait_is_told_the_holder(tmp_path):
    """The number of the process that holds it."""
    path = tmp_path / "lock"
    with locked(path):
        with pytest.raises(Held) as held, locked(path, wait=False):
            raise AssertionError("both hold it")
        assert held.value.holder == str(os.getpid())
    with locked(path, wait=False):
        pass


def test_who_waits_gets_it_after_the_other(tmp_path):
    """One at a time, although each removes the file that others wait for."""
    path, inside, most = tmp_path / "lock", [0], [0]

    def take() -> None:
        for _ in range(50):
            with locked(path):
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert not path.exists()


def test_a_killed_holder_holds_nothing(tmp_path):
    """The lock goes with the process; the file it left is taken over."""
    path = tmp_path / "lock"
    with subprocess.Popen([sys.executable, "-c", HOLD, path], stdin=-1, stdout=-1) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(Held) as held, locked(path, wait=False):
            raise AssertionError("both hold it")
        assert held.value.holder == str(holder.pid)
        holder.kill()
    with locked(path, wait=False):
        assert path.read_text() == str(os.getpid())

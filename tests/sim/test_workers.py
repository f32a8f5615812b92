"""Worker processes: fed, failing, killed, and stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from sim.errors import RunError
from sim.workers import Workers, available_cores


@pytest.fixture
def job_module(tmp_path, monkeypatch):
    """Return the functions of a module that workers can import."""
    (tmp_path / "work_to_do.py").write_text(
        textwrap.dedent(
            """
            import os, signal, time
            def square(job, task):
                return task * task + job
            def fail(job, task):
                if task == 3:
                    raise ValueError(f"three is refused by {job}")
                return task
            def die(job, task):
                os.kill(os.getpid(), signal.SIGKILL)
            def threads(job, task):
                return os.environ.get("OMP_NUM_THREADS")
            def sleep(job, task):
                time.sleep(60)
            """
        )
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    import work_to_do

    yield work_to_do
    del sys.modules["work_to_do"]


def test_every_task_is_answered_once(job_module):
    """Whatever the order, each task comes back with its result; the workers can be asked again."""
    with Workers(2, job_module.square, 1) as workers:
        assert dict(workers.map(range(500))) == {n: n * n + 1 for n in range(500)}
        assert dict(workers.map(range(3))) == {0: 1, 1: 2, 2: 5}
        assert list(workers.map([])) == []


def test_an_error_in_a_worker_is_raised_here(job_module):
    """The caller sees the task's own error, and where it came from."""
    with (
        Workers(1, job_module.fail, "us") as workers,
        pytest.raises(ValueError, match="three is refused by us") as found,
    ):
        list(workers.map(range(5)))
    assert "in a worker process" in found.value.__notes__[0]


def test_a_killed_worker_is_an_error_and_no_wait_for_ever(job_module):
    """A worker that the system kills is noticed."""
    with Workers(2, job_module.die, None) as workers, pytest.raises(RunError, match=r"died \(exit code -9\)"):
        list(workers.map(range(4)))


def test_leaving_ends_who_still_works(job_module):
    """Nobody waits for a task that is not wanted any more."""
    with Workers(1, job_module.sleep, None) as workers:
        (process,) = workers._crew.values()
        workers.map([1])
    assert not process.is_alive()


def test_libraries_in_workers_use_one_thread(job_module):
    """As many processes as cores need no further threads; the caller's own setting stays."""
    before = os.environ.get("OMP_NUM_THREADS")
    with Workers(1, job_module.threads, None) as workers:
        assert dict(workers.map([0])) == {0: "1"}
    assert os.environ.get("OMP_NUM_THREADS") == before


def test_the_cores_are_those_we_may_use():
    """At least one, at most what the machine has."""
    assert 1 <= available_cores() <= (os.cpu_count() or 1)


SCRIPT = """
import sys
from sim.workers import Workers
from work_to_do import square
print("script runs")
with Workers(2, square, 0) as workers:
    print(sorted(dict(workers.map(range(4))).values()))
"""


def _environment(folder) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), *filter(None, sys.path)])}


def test_a_script_without_a_main_guard_runs_once(job_module, tmp_path):
    """Workers never import the caller's script."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    for arguments in ([str(script)], ["-c", SCRIPT]):
        run = subprocess.run(
            [sys.executable, *arguments],
            env=_environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert run.stdout == "script runs\n[0, 1, 4, 9]\n"


@pytest.mark.skipif(sys.platform == "win32", reason="process groups and SIGINT are those of POSIX")
def test_ctrl_c_stops_without_a_word_from_the_workers(job_module, tmp_path):
    """The signal reaches the whole group; only the caller says something."""
    program = (
        "from sim.workers import Workers\nfrom work_to_do import sleep\n"
        "try:\n"
        "    with Workers(2, sleep, 0) as workers:\n"
        "        [print('at work', flush=True) for _ in (1,)]\n"
        "        list(workers.map(range(4)))\n"
        "except KeyboardInterrupt:\n    print('stopped')\n"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", program], env=_environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    assert run.stdout is not None
    assert run.stdout.readline() == "at work\n"
    import time

    time.sleep(1.0)  # the workers ignore the signal once they have begun
    os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=30)
    assert (out, err, run.returncode) == ("stopped\n", "", 0)

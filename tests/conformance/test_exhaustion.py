"""Nothing is left to make a connection of: descriptors of a server, or of the load itself. Real processes, real limits.

A server out of descriptors still listens: the kernel completes connects until its queue is full, and nobody reads. The
model has the two words for what its callers see (silence, then SYNs without an answer); the arms must agree on them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from loopback import Act, attempt, deaf_port, pool_to
from real_toxiproxy import RealToxiproxy
from two_arms import Case, simulated

from chaos.client.loop import run
from chaos.toxiproxy import Server
from sim.policy import Once, Reply

pytest.importorskip("resource", reason="here no process has a limit of open files")

TESTS = Path(__file__).parents[1]
FRESH: dict[str, Any] = {"total_timeout": 0.4, "dial_timeout": 0.3, "keep_alive": False, "retry_stale": False}
ENDS_S = 20.0  # bounds the hang of a child
SERVER = f"""
import contextlib, errno, resource, socket, sys
listener = socket.create_server(("127.0.0.1", 0), backlog=0)
limits = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))  # the standard three are open: no other is given out
try:
    listener.accept()
except OSError as error:
    print(errno.errorcode[error.errno], listener.getsockname()[1], flush=True)
sys.stdin.readline()
resource.setrlimit(resource.RLIMIT_NOFILE, limits)
listener.settimeout({ENDS_S})
for _ in range(2):
    with contextlib.suppress(OSError), listener.accept()[0] as connection:
        print("accepted", flush=True)
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")
"""

LOAD = """
import os, resource, sys
from chaos.client import LoadClient, LoadPlan
from chaos.client.load import Load
from chaos.client.loop import run
from chaos.clock import RunClock
from chaos.transport import Target
from chaos.transport.failures import LocalShortage
from sim.record import Recorder
from sim.spec.traffic import Trace

async def exhausted():
    load = Load(plan, RunClock(), recorder)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + 4, free + 4))
    await load.run()

target = Target("127.0.0.1", int(sys.argv[1]))
calls = Trace(trace="written here", instants_s=tuple(number / 100 for number in range(20)))
plan = LoadPlan({"c": LoadClient(target, calls)}, 1.0)
recorder = Recorder(plan.info())
try:
    run(exhausted())
except LocalShortage as error:
    print(error)
print(len(recorder.finish().calls))
"""


@contextmanager
def child(code: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a program of our own; what still lives afterwards dies."""
    environ = {**os.environ, "PYTHONPATH": str(TESTS.parent)}
    command = [sys.executable, "-c", code, *arguments]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=environ, text=True, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def _marks(reply: Reply) -> tuple[str, bool, bool]:
    return reply.result, reply.wrote, reply.read


async def _real() -> list[Reply]:
    """Return what three calls heard: two while the server has no descriptor, one when it has them again."""
    with child(SERVER) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        why, port = server.stdout.readline().split()
        assert why == "EMFILE"
        async with pool_to(int(port), **FRESH) as pool:
            heard = [await attempt(pool), await attempt(pool)]
            print(file=server.stdin, flush=True)
            assert server.stdout.readline() == "accepted\n"  # the first call's connection: its caller is gone
            return [*heard, await attempt(pool)]


def test_a_server_without_descriptors_is_silent_and_then_deaf():
    """The first call is taken and never read, the next ones find the queue full: the same two failures in both arms."""
    said = [_marks(reply) for reply in run(_real())]
    assert said == [("timeout", True, False), ("dial_timeout", False, False), ("ok", True, True)]
    model = simulated(Case(Once(), (Act("silence"), Act("deaf"), Act()), 3, FRESH))
    assert [_marks(call.told[-1].reply) for call in model] == said


def test_a_proxy_hides_a_deaf_server(real: RealToxiproxy, server: Server):
    """Its callers get their connect, and then silence: what the model calls silence, not a dial without an answer."""

    async def called(port: int) -> Reply:
        async with pool_to(port, **FRESH) as pool:
            return await attempt(pool)

    with deaf_port() as deaf:
        server.patch("link", upstream=f"127.0.0.1:{deaf}")
        arms = [run(called(deaf)), run(called(int(real.listens["link"].rpartition(":")[2])))]
    model = [simulated(Case(Once(), (Act(does),), 1, FRESH))[0].told[-1].reply for does in ("deaf", "silence")]
    assert [_marks(reply) for reply in arms] == [_marks(reply) for reply in model]
    assert [reply.result for reply in arms] == ["dial_timeout", "timeout"]


def test_a_load_without_descriptors_is_no_failure_of_the_system():
    """The run ends with what to do about it; no call is written down as failed, since the model has no such failure."""
    with deaf_port() as port, child(LOAD, str(port)) as load:  # each call that waits for its connect holds one
        out, _ = load.communicate(timeout=ENDS_S)
    first, calls = out.splitlines()
    assert first.startswith("the load generator: [Errno 24] Too many open files; ")
    assert "ulimit -n" in first
    assert calls == "0"

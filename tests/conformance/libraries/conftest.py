"""Real libraries beside our presets: virtual time and the same dice for both, a scripted server for what needs one.

Compared are the instants at which tries begin, never pauses: a library may pause for 0 s or not pause at all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest
from scripted import End, middle, run

from sim.plan.streams import Stream
from sim.policy import Outcome, Wait, policy_preset

BOUNDED = 10_000  # a library that never gives up must not hang the suite
FAILED = End(result="status", status=503)


class Seen(NamedTuple):
    """What a policy did: the instants at which its tries began, and how the call ended."""

    starts_s: list[float]
    outcome: Outcome


class Clock:
    """A stand-in for the module `time` of a library: sleeping moves it, nothing else does."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def sleep(self, for_s: float) -> None:
        self.now_s += for_s

    def monotonic(self) -> float:
        return self.now_s

    time = perf_counter = monotonic


class Dice:
    """A stand-in for the module `random` of a library: hands out given uniforms in turn."""

    def __init__(self, uniforms: Sequence[float]) -> None:
        self.uniforms = uniforms
        self.handed = 0

    def random(self) -> float:
        self.handed += 1
        return self.uniforms[self.handed - 1]

    def uniform(self, low: float, high: float) -> float:
        return low + (high - low) * self.random()

    def draw(self, number: int) -> float:
        """Return the same uniforms to our policy, by their number."""
        return self.uniforms[number]


class Tries:
    """A call that fails, as often as it is made, and notes when."""

    def __init__(self, clock: Clock, error: Callable[[], BaseException], took_s: float = 0.0) -> None:
        self.starts_s: list[float] = []
        self._clock, self._error, self._took_s = clock, error, took_s

    def __call__(self, *_: Any, **__: Any) -> Any:
        self.starts_s.append(self._clock.now_s)
        assert len(self.starts_s) < BOUNDED
        self._clock.now_s += self._took_s
        raise self._error()


def ours(
    name: str,
    ends: Iterable[End] = (FAILED,),
    draw: Callable[[int], float] = middle,
    shared: Any = None,
    now_s: float = 0.0,
) -> Seen:
    """Play the preset `name`: its tries end as `ends` says, the last one's way for ever."""
    outcome, log = run(policy_preset(name).policy, list(ends), shared=shared, draw=draw, now_s=now_s)
    return Seen([heard.at_s for heard in log if not isinstance(heard.step, Wait)], outcome)


class Server:
    """An HTTP server on loopback that answers by a script: (status, headers) in turn, the last one for ever."""

    def __init__(self, clock: Clock) -> None:
        self.starts_s: list[float] = []
        self.script: list[tuple[int, dict[str, str]]] = [(503, {})]
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(clock))
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def _handler(self, clock: Clock) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                status, headers = server.script[min(len(server.starts_s), len(server.script) - 1)]
                server.starts_s.append(clock.now_s)
                self.send_response(status)
                for header in {"content-length": "0", **headers}.items():
                    self.send_header(*header)
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        return Handler

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(name="clock")
def _clock() -> Clock:
    return Clock()


@pytest.fixture(name="dice", params=[1, 2, 3], ids="dice-{}".format)
def _dice(request: pytest.FixtureRequest) -> Dice:
    stream = Stream(request.param, "dice")
    return Dice([stream.uniform(n, 0) for n in range(BOUNDED)])


@pytest.fixture(name="server")
def _server(clock: Clock) -> Iterator[Server]:
    server = Server(clock)
    yield server
    server.close()


@pytest.fixture(name="ours", scope="session")
def _ours() -> Callable[..., Seen]:
    return ours


@pytest.fixture(name="tries")
def _tries(clock: Clock) -> Callable[..., Tries]:
    return lambda error=ConnectionError, took_s=0.0: Tries(clock, error, took_s)

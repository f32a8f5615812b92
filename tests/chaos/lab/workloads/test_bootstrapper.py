from __future__ import annotations

import json
import os
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chaos.lab.parts import Parts

from .conftest import ENDS_WITHIN_S, Start, run

Attempts = list[dict[str, Any]]
Call = Callable[..., Attempts]
Serve = Callable[[socket.socket], None]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: close sends RST


@pytest.fixture
def call(workloads: Parts) -> Call:
    """Run the bootstrapper to its end and return what it logged; one call of one attempt unless told otherwise."""

    def begin(target: str | int, **settings: str) -> Attempts:
        url = f"http://127.0.0.1:{target}/" if isinstance(target, int) else target
        process = run(workloads.path("bootstrapper"), **{"TARGET": url, "CALLS": "1", "ATTEMPTS": "1", **settings})
        out, err = process.communicate(timeout=ENDS_WITHIN_S)
        assert (process.returncode, err) == (0, "")
        return [json.loads(line) for line in out.splitlines()]

    return begin


@pytest.fixture
def serving() -> Iterator[Callable[..., int]]:
    """Serve one connection after the other, each by the next function, then refuse; returns the port."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def begin(*serves: Serve) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(ENDS_WITHIN_S)

        def work() -> None:
            for left, serve in zip(range(len(serves))[::-1], serves, strict=True):
                connection, _ = listener.accept()
                connection.settimeout(ENDS_WITHIN_S)
                if not left:
                    listener.close()  # before the last one is served: what follows it is refused, not reset
                with connection:
                    serve(connection)

        listeners.append(listener)
        threads.append(threading.Thread(target=work))
        threads[-1].start()
        return int(listener.getsockname()[1])

    yield begin
    for thread in threads:
        thread.join(timeout=ENDS_WITHIN_S)
    for listener in listeners:
        listener.close()


def hear(connection: socket.socket) -> None:
    """Read a request to its end, or to the end of the connection."""
    heard = piece = connection.recv(4096)
    while piece and not heard.endswith(b"\r\n\r\n"):
        piece = connection.recv(4096)
        heard += piece


def answer(connection: socket.socket) -> None:
    """Answer one request and keep the connection until the next one is there, then close it without a word."""
    hear(connection)
    connection.sendall(OK)
    hear(connection)


def answer_twice(connection: socket.socket) -> None:
    """Answer two requests on one connection."""
    for _ in range(2):
        hear(connection)
        connection.sendall(OK)


def reset(connection: socket.socket) -> None:
    """Read a request and kill the connection."""
    hear(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def cut(connection: socket.socket) -> None:
    """Answer with less than was promised."""
    hear(connection)
    connection.sendall(OK[:-1])


def silent(connection: socket.socket) -> None:
    """Read all there is until the caller closes, and say nothing."""
    while connection.recv(4096):
        pass


def test_each_attempt_is_a_line(call: Call, start: Start) -> None:
    """A good attempt logs when, which, how it ended and how long its parts took."""
    service = start()
    [made] = call(service.url)
    assert sorted(made) == [
        "at", "attempt", "call", "connect_s", "endpoint", "replaced", "result", "reused", "status", "took_s",
    ]  # fmt: skip
    assert 0 < made["connect_s"] < made["took_s"]
    told = {key: made[key] for key in ("attempt", "call", "endpoint", "replaced", "result", "reused", "status")}
    assert told == {
        "attempt": 1,
        "call": 1,
        "endpoint": f"127.0.0.1:{service.port}",
        "replaced": 0,
        "result": "ok",
        "reused": False,
        "status": 200,
    }


@pytest.mark.parametrize(("transport", "reused"), [("audited", [False] * 3), ("recommended", [False, True, True])])
def test_only_the_recommended_transport_keeps_connections(
    call: Call, start: Start, transport: str, reused: list[bool]
) -> None:
    """The audited transport pays for a new connection each time; the recommended one reuses the first."""
    made = call(start().url, TRANSPORT=transport, CALLS="3", EVERY="1ms")
    assert [each["result"] for each in made] == ["ok"] * 3
    assert [each["reused"] for each in made] == reused
    assert [each["connect_s"] == 0 for each in made] == reused


def test_an_answer_that_says_no_is_a_status(call: Call, start: Start) -> None:
    """A 500 is a failure with its status, and each attempt of a call is counted."""
    made = call(start(ERROR_SHARE="1").url, CALLS="2", ATTEMPTS="3", EVERY="1ms")
    assert [(each["call"], each["attempt"]) for each in made] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert {(each["result"], each["status"]) for each in made} == {("status", 500)}


def test_a_good_attempt_ends_the_call(call: Call, serving: Callable[..., int]) -> None:
    """After a failure the next attempt follows, until one is good."""
    made = call(serving(reset, answer_twice), ATTEMPTS="3", TRANSPORT="audited")
    assert [each["result"] for each in made] == ["reset", "ok"]


def test_nobody_listens(call: Call, closed_port: int) -> None:
    """A port on which nobody listens refuses, at once and without a status."""
    [made] = call(closed_port)
    assert (made["result"], made["status"], made["took_s"] < 5) == ("refused", 0, True)
    assert "connection refused" in made["error"]


@pytest.mark.parametrize("transport", ["audited", "recommended"])
def test_a_connection_that_dies_is_reset(call: Call, serving: Callable[..., int], transport: str) -> None:
    """An RST under the first request of a connection is a reset."""
    [made] = call(serving(reset), TRANSPORT=transport)
    assert (made["result"], made["reused"]) == ("reset", False)


def test_an_answer_that_breaks_off_is_cut(call: Call, serving: Callable[..., int]) -> None:
    """An answer whose end is missing is cut, and keeps the status that it began with."""
    [made] = call(serving(cut))
    assert (made["result"], made["status"]) == ("cut", 200)


def test_silence_after_the_request_is_a_timeout(call: Call, serving: Callable[..., int]) -> None:
    """A server that accepts and says nothing costs the whole time-out."""
    [made] = call(serving(silent), TOTAL_TIMEOUT="400ms")
    assert made["result"] == "timeout"
    assert made["took_s"] >= 0.4
    assert made["connect_s"] < made["took_s"]


def test_silence_to_the_dial_is_a_dial_timeout(call: Call) -> None:
    """A host that drops SYNs (a full backlog) costs the dial's time-out, all of it spent on connecting."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        [made] = call(listener.getsockname()[1], DIAL_TIMEOUT="500ms")
        for filler in fillers:
            filler.close()
    assert made["result"] == "dial_timeout"
    assert made["took_s"] >= made["connect_s"] >= 0.5


def test_a_total_timeout_while_dialling_is_a_dial_timeout(call: Call) -> None:
    """If the whole attempt's time runs out before there is a connection, nothing was sent."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        [made] = call(listener.getsockname()[1], TOTAL_TIMEOUT="500ms")
        for filler in fillers:
            filler.close()
    assert made["result"] == "dial_timeout"


def test_without_a_route_it_is_unreachable(workloads: Parts) -> None:
    """Where no route leads, the attempt fails at once: "network is unreachable"."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("a network namespace of its own needs root and unshare (util-linux)")
    settings = {"TARGET": "http://192.0.2.1/", "CALLS": "1", "ATTEMPTS": "1"}
    command = ["unshare", "--net", str(workloads.path("bootstrapper"))]
    done = subprocess.run(command, env=settings, check=True, capture_output=True, text=True, timeout=ENDS_WITHIN_S)
    made = json.loads(done.stdout)
    assert (made["result"], made["status"]) == ("unreachable", 0)
    assert "network is unreachable" in made["error"]


def test_a_name_that_nobody_knows_is_unreachable(call: Call) -> None:
    """A name that can't be resolved leads nowhere (RFC 6761 keeps `.invalid` unknown)."""
    [made] = call("http://nobody.invalid/", DIAL_TIMEOUT="20s")
    assert made["result"] in (
        "unreachable",
        "dial_timeout",
    )  # by what this machine's resolver does: says no, or nothing
    assert made["status"] == 0


def test_a_kept_connection_that_died_is_stale(call: Call, serving: Callable[..., int]) -> None:
    """A reused connection that is closed under a POST is stale: net/http does not repeat what may have been done."""
    made = call(serving(answer), TRANSPORT="recommended", METHOD="POST", CALLS="2", EVERY="1ms")
    assert [(each["result"], each["reused"]) for each in made] == [("ok", False), ("stale", True)]


def test_a_kept_connection_that_died_is_replaced_under_a_get(call: Call, serving: Callable[..., int]) -> None:
    """Under a GET net/http itself takes another connection, and the log counts it."""
    made = call(serving(answer, answer_twice), TRANSPORT="recommended", CALLS="3", EVERY="1ms")
    assert [(each["result"], each["reused"], each["replaced"]) for each in made] == [
        ("ok", False, 0),
        ("ok", False, 1),
        ("ok", True, 0),
    ]


def test_a_replacement_that_is_refused_is_refused(call: Call, serving: Callable[..., int]) -> None:
    """If nobody listens any more when the dead connection is to be replaced, that is what the attempt ends with."""
    made = call(serving(answer), TRANSPORT="recommended", CALLS="2", EVERY="1ms")
    assert [each["result"] for each in made] == ["ok", "refused"]


def test_every_wrong_setting_is_told_at_once(workloads: Parts) -> None:
    """Wrong variables end it with code 2 and a line for each."""
    wrong = {"TARGET": "here", "METHOD": "PUT", "TRANSPORT": "best", "EVERY": "often", "ATTEMPTS": "0", "CALLS": "-1"}
    process = run(workloads.path("bootstrapper"), **wrong)
    out, err = process.communicate(timeout=ENDS_WITHIN_S)
    assert (process.returncode, out) == (2, "")
    assert err.splitlines() == [
        'TARGET="here": is no URL such as http://host:8080/',
        'METHOD="PUT": is neither GET nor POST',
        'TRANSPORT="best": is neither audited nor recommended',
        'EVERY="often": is no duration such as 250ms or 5s',
        'ATTEMPTS="0": is no whole number from 1 on',
        'CALLS="-1": is no whole number from 0 on',
    ]

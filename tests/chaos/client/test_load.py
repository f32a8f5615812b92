"""The load generator sends when the plan says, bounds what is in flight, and owns up to its own lateness."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from loopback import Act, closed_port, serving, until

from chaos.client import LoadClient, LoadPlan, lag_quantile_s, run_load
from chaos.client.lag import LATE_S
from chaos.transport import Target
from chaos.transport.failures import LocalShortage
from sim.errors import UsageError
from sim.plan.arrivals import open_arrivals
from sim.plan.streams import Stream
from sim.policy import Retry
from sim.record import CALL, REASONS, Journal
from sim.spec.traffic import Closed, Poisson, Trace, Transport


def plan(
    port: int, arrivals: Any, duration_s: float = 0.5, *, client: dict[str, Any] | None = None, **rest: Any
) -> Any:
    """Return a plan of one client, `c`."""
    of = LoadClient(Target("127.0.0.1", port), arrivals, **(client or {}))
    return LoadPlan({"c": of}, duration_s, **rest)


def at(*instants: float) -> Trace:
    """Return arrivals at exactly these instants."""
    return Trace(trace="written here", instants_s=instants)


@pytest.mark.parametrize("spin", [False, True])
def test_calls_begin_when_the_plan_says(on_loop, spin):
    """Open arrivals are those of the simulated run with the same seed and name, and none begins before its time."""

    async def case() -> Journal:
        async with serving() as place:
            return await run_load(plan(place.port, Poisson(poisson=100.0), warmup_s=0.2, seed=7), spin=spin)

    journal = on_loop(case())
    calls = np.sort(journal.calls, order="number")
    blocks = open_arrivals(Poisson(poisson=100.0), Stream(7, "client/c/arrivals"), -0.2, 0.5)
    expected = [at_s for block in blocks for at_s in block]
    assert calls["planned_s"].tolist() == [expected[number] for number in calls["number"]]
    assert len(expected) - len(calls) == journal.totals["client/c"]["in_flight"]
    assert (calls["sent_s"] >= calls["planned_s"]).all()
    assert calls["t_s"].tolist() == calls["planned_s"].tolist()
    assert (calls["took_s"] >= calls["sent_s"] - calls["planned_s"]).all()
    assert journal.info.source == "real"


def test_a_slow_server_does_not_slow_the_generator(on_loop):
    """What is sent hangs on the plan alone: with a server that never answers, all calls are in flight at the end."""

    async def case() -> Journal:
        async with serving(Act("silence")) as place:
            return await run_load(plan(place.port, at(*(0.01 * n for n in range(30)))))

    totals = on_loop(case()).totals["client/c"]
    assert (totals["started"], totals["finished"], totals["in_flight"]) == (30, 0, 30)


def test_more_in_flight_than_allowed_is_not_made(on_loop):
    """Over the bound a call is not made: a row of its own, outside `calls`, with no attempt; later ones are made."""

    async def case() -> Journal:
        async with serving(Act(after_s=0.1), Act(after_s=0.1), Act()) as place:
            return await run_load(plan(place.port, at(0, 0.001, 0.002, 0.003, 0.3), in_flight_max=2))

    journal = on_loop(case())
    assert sorted(journal.calls["number"]) == [0, 1, 4]
    rows = [(row["number"], row["attempts"], REASONS[row["reason"]], row["planned_s"]) for row in journal.unsent]
    assert rows == [(2, 0, "unsent", 0.002), (3, 0, "unsent", 0.003)]
    assert np.isnan(journal.unsent["sent_s"]).all()
    assert journal.totals["client/c"]["unsent"] == 2


def test_a_late_generator_says_so(on_loop):
    """A generator that was held up marks the window, and its calls' time counts from the planned moment."""

    async def case() -> Journal:
        async with serving() as place:

            async def stall() -> None:
                await until(lambda: bool(place.seen))
                time.sleep(0.2)  # a machine that does something else

            stalled, journal = await asyncio.gather(stall(), run_load(plan(place.port, at(0.0, 0.1, 0.4))))
            assert stalled is None
            return journal

    journal = on_loop(case())
    (event,) = [event for event in journal.events if event.kind == "generator_late"]
    lags_s = journal.calls["sent_s"] - journal.calls["planned_s"]
    assert (event.subject, event.detail["calls"], event.detail["late"]) == ("client/c", 3, (lags_s > LATE_S).sum())
    assert event.detail["max_s"] >= 0.05
    assert journal.totals["client/c"]["late_windows"] == 1
    assert journal.totals["client/c"]["lag_max_s"] == pytest.approx(lag_quantile_s(journal, 1.0))
    held_up = journal.calls[journal.calls["number"] == 1][0]
    assert held_up["took_s"] >= held_up["sent_s"] - held_up["planned_s"] >= 0.05


def test_a_closed_loop_waits_for_its_answers(on_loop):
    """No more calls are under way than there are workers; numbers are n·W + w."""
    closed = Closed.model_validate({"closed": {"workers": 3, "think": 0.01}})

    async def case() -> tuple[Journal, int]:
        async with serving(Act(after_s=0.02)) as place:
            transport = {"transport": Transport(per_host_max=3)}
            return await run_load(plan(place.port, closed, client=transport, calls_max=9)), len(place.seen)

    journal, seen = on_loop(case())
    assert seen == 9
    assert sorted(journal.calls["number"]) == list(range(9))
    by_worker = [np.sort(journal.calls[journal.calls["number"] % 3 == worker], order="t_s") for worker in range(3)]
    assert all(np.diff(rows["number"]).tolist() == [3, 3] for rows in by_worker)
    assert all((rows["t_s"][1:] >= rows["t_s"][:-1] + rows["took_s"][:-1] + 0.01).all() for rows in by_worker)


def test_a_policy_retries_in_real_time(on_loop):
    """A client does what its policy says: a call that was refused three times failed with three attempts."""
    policy = Retry.model_validate({"attempts": 3, "backoff": "10ms"})

    async def case() -> Journal:
        with closed_port() as port:
            return await run_load(plan(port, at(0.0), client={"policy": policy}), trace=True)

    journal = on_loop(case())
    (call,) = journal.calls
    assert (call["attempts"], REASONS[call["reason"]], call["took_s"] >= 0.02) == (3, "refused", True)
    attempts = np.sort(journal.attempts, order="attempt")
    assert attempts["attempt"].tolist() == [0, 1, 2]
    assert [REASONS[result] for result in attempts["result"]] == ["refused"] * 3
    assert (np.diff(attempts["t_s"]) >= 0.01).all()


def test_a_journal_on_disk_is_the_one_in_memory(on_loop, tmp_path: Path):
    """A real journal is streamed and read again, with its own columns; a simulated one keeps its thirty bytes."""

    async def case() -> Journal:
        async with serving() as place:
            return await run_load(plan(place.port, at(0.0, 0.01)), out=tmp_path / "run", trace=True)

    written, read = on_loop(case()), Journal.read(tmp_path / "run")
    assert read.hash() == written.hash()
    assert read.calls.dtype.names == (*(CALL.names or ()), "planned_s", "sent_s")
    assert read.info.endpoints == written.info.endpoints
    assert read.to_polars()["calls"]["planned_s"].to_list() == [0.0, 0.01]


def test_a_breaker_leaves_events(on_loop):
    """A breaker that opens in a real run is an event, as in a simulated one."""
    policy = Retry.model_validate({"attempts": 1, "breaker": {"kind": "consecutive", "failures": 2, "rest": "60s"}})

    async def case() -> Journal:
        with closed_port() as port:
            return await run_load(plan(port, at(0.0, 0.05, 0.1), client={"policy": policy}))

    journal = on_loop(case())
    assert [REASONS[row["reason"]] for row in journal.calls] == ["refused", "refused", "rejected"]
    assert [(event.kind, event.subject) for event in journal.events if event.kind.startswith("breaker")] == [
        ("breaker_opened", "client/c")
    ]


def test_a_shortage_ends_the_run(on_loop, monkeypatch):
    """When this machine runs out of ports, the run ends with an error instead of rows that blame the system."""
    import socket

    class NoPorts(socket.socket):
        def connect(self, address: Any) -> None:
            raise OSError(99, "Cannot assign requested address")

    async def case() -> None:
        async with serving() as place:
            monkeypatch.setattr("chaos.transport.dial.socket.socket", NoPorts)
            await run_load(plan(place.port, at(0.0), duration_s=5.0))

    with pytest.raises(LocalShortage, match="fewer calls in flight"):
        on_loop(case())


WRONG = [
    {"duration_s": 0.0},
    {"duration_s": float("inf")},
    {"in_flight_max": 0},
    {"calls_max": 0},
    {"warmup_s": -1.0},
    {"clients": {}},
    {"in_flight_max": 3},
]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
def test_an_unbounded_plan_is_refused(wrong):
    """A run is finite in time and count, and its workers fit into what may be in flight."""
    closed = Closed.model_validate({"closed": {"workers": 4, "think": 0.01}})
    clients = {"c": LoadClient(Target("127.0.0.1", 1), closed)}
    with pytest.raises(UsageError, match="accepted: "):
        LoadPlan(**({"clients": clients, "duration_s": 1.0} | wrong))

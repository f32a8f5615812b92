"""The real driver carries out what a policy says: several attempts at once, waits, and the end of the unwanted."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from loopback import Act, pool_to, serving, until

from chaos.client.call import Call
from chaos.client.client import Client
from chaos.transport import Attempt
from sim.plan.addresses import POLICY, STRIDE
from sim.plan.streams import Stream
from sim.policy import PASSED, Hedge, Outcome, Reply, Try, Wait
from sim.record import CALL, REAL_CALL


class Saying:
    """A policy that says what a test wants, and keeps what it hears."""

    def __init__(self, *steps: Any) -> None:
        self.steps, self.heard = steps, list[Reply]()
        self.draws: list[float] = []
        self.closed = False

    def new_shared(self) -> None:
        pass

    def call(self, now_s: float, draw: Any, shared: Any) -> Any:
        self.draws = [draw(n) for n in range(3)]
        try:
            for step in self.steps:
                reply = yield step
                self.heard.append(reply)
        finally:
            self.closed = True
        return Outcome("ok", "ok", len(self.heard))


def client_of(pool: Any, policy: Saying, rows: list[Any]) -> tuple[Client, list[Reply]]:
    """Return a client, and the list of the attempts that its trace is told of."""
    traced: list[Reply] = []

    def tracer(index: int, call: Call, attempt: Attempt, reply: Reply) -> None:
        traced.append(reply)

    client = Client(policy, pool, Stream(1, "client/c"), rows.append, (0, 0), 10)
    client.trace, client.tracer = True, tracer
    return client, traced


def test_the_first_end_is_heard_first(on_loop):
    """A hedge hears that time has passed, then whichever attempt ends first; the loser is given up and closed."""

    async def case() -> None:
        rows: list[Any] = []
        policy = Saying(Hedge(None, 0.02), Hedge(None, 5.0))
        async with serving(Act(after_s=3.0), Act()) as place, pool_to(place.port) as pool:
            client, traced = client_of(pool, policy, rows)
            client.call(0, pool.clock.now())
            await until(lambda: bool(rows))
            assert [(reply.result, reply.attempt) for reply in policy.heard] == [("ok", PASSED), ("ok", 1)]
            assert [(reply.result, reply.attempt) for reply in traced] == [("ok", 1), ("cancelled", 0)]
            assert (client.in_flight, pool.open_count) == (0, 1)

    on_loop(case())


def test_an_attempt_is_heard_while_a_policy_waits(on_loop):
    """A wait without a limit ends with an attempt that is under way; one with a limit ends by itself."""

    async def case() -> None:
        rows: list[Any] = []
        policy = Saying(Hedge(None, 0.0), Wait(float("inf")), Wait(0.005), Try(None))
        async with serving(Act(after_s=0.02), Act()) as place, pool_to(place.port) as pool:
            client, _ = client_of(pool, policy, rows)
            client.call(0, pool.clock.now())
            await until(lambda: bool(rows))
            assert [reply.attempt for reply in policy.heard] == [PASSED, 0, PASSED, 1]
            assert policy.heard[2].at_s - policy.heard[1].at_s >= 0.005

    on_loop(case())


def test_a_hedge_may_send_its_request_again(on_loop):
    """An attempt under way that goes out once more, because its kept connection was dead, keeps its place."""

    async def case() -> None:
        rows: list[Any] = []
        policy = Saying(Hedge(None, 5.0))
        async with serving(Act(), Act("close"), Act()) as place, pool_to(place.port) as pool:
            client, _ = client_of(pool, policy, rows)
            for number in range(2):
                client.call(number, pool.clock.now())
                await until(lambda number=number: len(rows) == number + 1)
            assert [(reply.result, reply.attempt) for reply in policy.heard] == [("ok", 0), ("ok", 0)]
            assert len(place.seen) == 3

    on_loop(case())


def test_the_draws_are_the_simulators(on_loop):
    """Draw n of call k lies where the simulator draws it: row k, column POLICY + n attempts further."""

    async def case() -> list[float]:
        rows: list[Any] = []
        policy = Saying()
        async with serving() as place, pool_to(place.port) as pool:
            client, _ = client_of(pool, policy, rows)
            client.call(7, 0.0)
        return policy.draws

    assert on_loop(case()) == [Stream(1, "client/c").uniform(7, POLICY + n * STRIDE) for n in range(3)]


def test_a_row_says_when_it_was_planned_and_when_sent(on_loop):
    """A call's time counts from the planned moment; the row keeps both moments."""

    async def case() -> Any:
        rows: list[Any] = []
        async with serving() as place, pool_to(place.port) as pool:
            client, _ = client_of(pool, Saying(Try(None)), rows)
            planned_s = pool.clock.now() - 0.5
            sent_s = client.call(3, planned_s)
            await until(lambda: bool(rows))
        return rows[0], planned_s, sent_s

    row, planned_s, sent_s = on_loop(case())
    named = dict(zip(REAL_CALL.names or (), row, strict=True))
    assert (named["t_s"], named["planned_s"], named["sent_s"], named["number"]) == (planned_s, planned_s, sent_s, 3)
    assert named["took_s"] >= sent_s - planned_s >= 0.5
    assert list(named)[: len(CALL.names or ())] == list(CALL.names or ())


@pytest.mark.parametrize("step", [Try(None), Hedge(None, 9.0), Wait(9.0)], ids=lambda step: type(step).__name__)
def test_the_end_of_a_run_breaks_off(on_loop, step):
    """What is in flight when a run ends leaves no row; its policy is closed and hears nothing more."""

    async def case() -> None:
        rows: list[Any] = []
        policy = Saying(step)
        async with serving(Act("silence")) as place, pool_to(place.port) as pool:
            client, _ = client_of(pool, policy, rows)
            client.call(0, pool.clock.now())
            await asyncio.sleep(0.01)
            client.break_off()
            assert (policy.closed, policy.heard, client.in_flight) == (True, [], 1)
        assert rows == []

    on_loop(case())

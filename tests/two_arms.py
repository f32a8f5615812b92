"""The two drivers, simulated and real, on one policy and one scripted server; what the policy asked for and heard.

Calls come one after the other (a closed loop of one worker), so that no two of them race for the script. Durations of
a policy are shortened alike for both arms (`shortened`): its pauses are ours, nothing in Kubernetes depends on them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, get_args

from loopback import LOOPBACK, Act, Place, Script, ScriptedDialler, closed_port, deaf_port, serving
from pydantic import BaseModel
from quiet_world import World, two_nodes

from chaos.client.client import Client
from chaos.client.pacing import ClosedLoop
from chaos.clock import RunClock
from chaos.transport import Pool, Target
from sim import quantities
from sim.model.cluster.endpoints import Endpoint
from sim.plan.streams import Stream
from sim.policy import Decisions, Draw, Outcome, Policy, Reply, Step
from sim.spec.faults import Unreachable
from sim.spec.traffic import ClosedShape, Transport

__all__ = ["Asked", "Case", "Told", "difference", "real", "shortened", "simulated"]

SEED = 5
ONE = {"workers": 1, "think": 0.002}
DIALS = ("refuse", "deaf", "no-route")  # what is done to a dial, not to a request


class Told(NamedTuple):
    """One step of a policy, and what it heard of it, with the times counted from the call's start."""

    step: Step
    reply: Reply


@dataclass
class Asked:
    """One call as its policy saw it."""

    began_s: float
    told: list[Told] = field(default_factory=list)
    outcome: Outcome | None = None


@dataclass(frozen=True)
class Case:
    """`calls` calls of a policy, one after the other, against a script of what happens to each dial and request."""

    policy: Policy
    script: tuple[Act, ...]
    calls: int = 1
    transport: dict[str, Any] = field(default_factory=dict)


class Overheard:
    """A policy that writes down its own words."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self.calls: list[Asked] = []

    def new_shared(self) -> Any:
        return self._policy.new_shared()

    def call(self, now_s: float, draw: Draw, shared: Any) -> Decisions:
        asked = Asked(now_s)
        self.calls.append(asked)
        decisions = self._policy.call(now_s, draw, shared)
        reply: Any = None
        try:
            while True:
                step = decisions.send(reply)
                reply = yield step
                asked.told.append(Told(step, reply._replace(at_s=reply.at_s - now_s)))
        except StopIteration as end:
            asked.outcome = end.value
            return asked.outcome
        finally:
            decisions.close()

    def over(self, calls: int) -> bool:
        return len(self.calls) >= calls and self.calls[calls - 1].outcome is not None


class Pod:
    """What a simulated endpoint runs: the script."""

    request_bytes = reply_bytes = 100
    watches = False
    open = True
    retry_after_s: float | None = None

    def __init__(self, world: World, script: Script) -> None:
        self._world, self._script = world, script

    def arrive(self, attempt: Any) -> None:
        act, connection = self._script.take(), attempt.connection
        self._world.clock.after(act.after_s, lambda _: self._act(act, connection, attempt))

    def _act(self, act: Act, connection: Any, attempt: Any) -> None:
        if attempt.settled:
            return
        if act.does in ("reset", "close"):
            connection.lose(None)
        elif act.does == "cut":
            connection._end("cut")  # the model has no half answers of its own; what follows from one is the same
        elif act.does == "answer":
            self.retry_after_s = act.retry_after_s
            connection.reply(attempt, act.status)


def simulated(case: Case) -> list[Asked]:
    """Return what the policy asked and heard in the simulated arm."""
    loop = {"closed": ONE}
    world = World(two_nodes(loop, {"takes": 1.0}, duration=1e6, transport=case.transport), seed=SEED)
    client, script, policy = world.traffic._clients["c"], Script(case.script), Overheard(case.policy)
    client.policy, client.shared = policy, policy.new_shared()
    pod = world.pods["api"][0]
    pod.server = Pod(world, script)

    deaf = Endpoint("deaf-0", "b", "api", 1)

    def endpoints() -> tuple[Any, ...]:
        does = script.next().does
        if does in DIALS:
            script.take()
        if does == "no-route":
            world.network.apply("a--b", Unreachable(at=0.0))
        return {"refuse": (), "deaf": (deaf,)}.get(does, (pod,))

    client.pool.place = client.pool.place._replace(endpoints=endpoints)
    for _ in range(100_000):
        if policy.over(case.calls):
            break
        world.clock.advance(world.clock.now + 0.05)
    return policy.calls[: case.calls]


async def real(case: Case, limit_s: float = 8.0) -> list[Asked]:
    """Return what the policy asked and heard in the real arm, on the loopback interface, within `limit_s`."""
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()
    async with serving(*case.script) as place:
        with closed_port() as closed, deaf_port() as deaf:
            pool = _pool(case, place, over)
            at = pool.dialler._written._replace
            elsewhere = {"refuse": (LOOPBACK, closed), "deaf": (LOOPBACK, deaf), "no-route": ("224.0.0.1", 9)}
            pool.dialler.elsewhere = {does: at(at=where) for does, where in elsewhere.items()}
            policy = Overheard(case.policy)
            client = Client(policy, pool, Stream(SEED, "client/c"), lambda row: None, (0, 0), 10)
            paces = ClosedLoop(client, ClosedShape.model_validate(ONE), float("inf"), case.calls)
            again = client.ended_call
            assert again is not None

            def ended(number: int, now_s: float) -> None:
                again(number, now_s)
                if number == case.calls - 1 and not over.done():
                    over.set_result(None)

            client.ended_call = ended
            paces.start()
            try:
                await asyncio.wait([over], timeout=limit_s)
            finally:
                client.break_off()
                await pool.close()
            if over.done():
                over.result()  # raises what ended the run
    return policy.calls


def _pool(case: Case, place: Place, over: asyncio.Future[None]) -> Pool:
    transport = Transport.model_validate(case.transport)
    target = Target(LOOPBACK, place.port)
    clock = RunClock()
    pool = Pool(asyncio.get_running_loop(), clock, target, transport, over.set_exception)
    pool.dialler = ScriptedDialler(clock, target, transport.dial_timeout, transport.tls_timeout)
    pool.dialler.script = place.script
    return pool


def shortened(part: Any, factor: float) -> Any:
    """Return a policy whose durations are `factor` times as long, and whose rates so much higher."""
    if not isinstance(part, BaseModel):
        return tuple(shortened(item, factor) for item in part) if isinstance(part, tuple) else part
    values = {}
    for name, declared in type(part).model_fields.items():
        times = factor if _is(declared, quantities._SECONDS) else 1.0
        times = 1.0 / factor if _is(declared, quantities._RATE) else times
        values[name] = shortened(_stretched(getattr(part, name), times), factor)
    return type(part).model_construct(**values)


def _stretched(value: Any, times: float) -> Any:
    if isinstance(value, tuple):
        return tuple(_stretched(item, times) for item in value)
    return value * times if times != 1.0 and isinstance(value, float) else value


def _is(declared: Any, unit: Any) -> bool:
    return unit in declared.metadata or any(_holds(arg, unit) for arg in get_args(declared.annotation))


def _holds(annotation: Any, unit: Any) -> bool:
    return unit in getattr(annotation, "__metadata__", ()) or any(_holds(arg, unit) for arg in get_args(annotation))


def difference(sim: Sequence[Asked], real: Sequence[Asked], lag_s: float) -> str | None:
    """Return the first thing in which two arms differ, or None.

    Steps, results and all marks of a reply must be equal, in order. A time may differ by `lag_s` for each step of its
    call so far: what a real loop, timer and socket took more than nothing.
    """
    if len(sim) != len(real):
        return f"{len(sim)} calls simulated, {len(real)} real"
    for number, (ours, theirs) in enumerate(zip(sim, real, strict=True)):
        where = _differ(ours, theirs, lag_s)
        if where is not None:
            return f"call {number}: {where}\n sim  {ours}\n real {theirs}"
    return None


def _differ(sim: Asked, real: Asked, lag_s: float) -> str | None:
    if sim.outcome != real.outcome:
        return "outcome"
    if len(sim.told) != len(real.told):
        return "number of steps"
    for place, (ours, theirs) in enumerate(zip(sim.told, real.told, strict=True)):
        if _marks(ours) != _marks(theirs):
            return f"step {place}"
        apart_s = max(abs(a - b) for a, b in zip(_times(ours), _times(theirs), strict=True))
        if apart_s > lag_s * (place + 1):
            return f"times of step {place}, {apart_s:.4f} s apart with a lag of {lag_s:.4f} s"
    return None


def _marks(told: Told) -> tuple[Any, ...]:
    reply = told.reply
    limits = tuple(limit is None or limit == float("inf") for limit in told.step)
    if reply.attempt < 0:
        return type(told.step), limits, "passed"
    return type(told.step), limits, reply._replace(at_s=0.0, took_s=0.0)


def _times(told: Told) -> tuple[float, ...]:
    limits = tuple(limit for limit in told.step if limit is not None and limit != float("inf"))
    passed = told.reply.attempt < 0
    return (*limits, told.reply.at_s, 0.0 if passed else told.reply.took_s)

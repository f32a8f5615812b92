"""Each fault of a way does the same to a client in both worlds: the model's network, and a real toxiproxy.

One scenario and one plan of calls for both: one before the fault, three under it (the first on the connection that was
kept), two after it. Where a proxy can't do what the model means, docs/faults.md says so, and `DIFFERS` repeats it.
"""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import pytest
from loopback import LOOPBACK, Act, serving
from pydantic import TypeAdapter
from quiet_world import World, at, ends, two_nodes
from real_toxiproxy import RealToxiproxy

from chaos.binding import Allow, Binding, Cluster, Proxied, Toxiproxy
from chaos.client import LoadClient, LoadPlan
from chaos.client.load import Load
from chaos.client.loop import run
from chaos.clock import RunClock
from chaos.deeds import Deed, Hands
from chaos.faults import Means, Scene, means
from chaos.toxiproxy import toxics_of
from chaos.transport import Target
from sim.plan.plan import Plan
from sim.record import REASONS, Recorder
from sim.spec import faults as spec
from sim.spec.scenario import Scenario
from sim.spec.traffic import Trace, Transport
from sim.spec.unsupported import Unsupported

PATH, LINK = "c->api", "a--b"
CALLS_S = (0.3, 1.8, 2.8, 3.8, 6.0, 7.0)
BEGINS_S, ENDS_S, DURATION_S = 1.3, 5.2, 8.2
TRANSPORT = {"total_timeout": 0.8, "dial_timeout": 0.4, "retry_stale": False}
TAKES_S = 0.12  # longer than a late reset: a proxy swallows the request at once, the model lets a fast answer through
LATE_S = 0.4  # calls come 0.5 s after a fault's ends at the earliest; a call that is sent 0.1 s late is late too
EARLY_S = 0.01  # by which the real arm may be ahead: timers of a millisecond, and sizes that are not quite the same

FAULTS: dict[str, dict[str, Any]] = {
    "latency": {"kind": "latency", "added": 0.15},
    "latency there": {"kind": "latency", "added": 0.2, "direction": "there"},
    "latency back": {"kind": "latency", "added": 0.2, "direction": "back"},
    "latency beyond the limit": {"kind": "latency", "added": 1.2},
    "blackhole": {"kind": "blackhole"},
    "refuse": {"kind": "refuse"},
    "reset": {"kind": "reset"},
    "reset later": {"kind": "reset", "after": 0.1},
    "slow_close": {"kind": "slow_close", "delay": 0.2},
    "slicer": {"kind": "slicer", "average_size": 16, "size_variation": 4, "delay": 0.001},
    "limit_data": {"kind": "limit_data", "bytes": 8},
    "bandwidth": {"kind": "bandwidth", "rate": 1e8},
}

DIFFERS: dict[str, dict[str, str]] = {"blackhole": {"dial_timeout": "timeout"}}
"""Simulated reason → the proxy's: behind one, connecting works and only then there is silence (docs/faults.md)."""


class Seen(NamedTuple):
    """How a call ended, and how long it took, in seconds."""

    reason: str
    took_s: float


def _fault(values: dict[str, Any], **target: Any) -> Any:
    return TypeAdapter(spec.Fault).validate_python({"at": BEGINS_S, **target, **values})


def _scenario() -> dict[str, Any]:
    return two_nodes(
        at(*CALLS_S), {"takes": TAKES_S, "request": 40, "reply": 40}, duration=DURATION_S, transport=TRANSPORT
    )


def simulated(values: dict[str, Any]) -> list[Seen]:
    """Return what the calls saw in the model."""
    world, fault, held = World(_scenario()), _fault(values, link=LINK), list[Any]()
    world.at(BEGINS_S, lambda: held.append(world.network.apply(LINK, fault)))
    world.at(ENDS_S, lambda: world.network.lift(held.pop()))
    return [Seen(reason, took_s) for _, reason, took_s in ends(world.run())]


def _hands(real: RealToxiproxy) -> Hands:
    return Hands(
        Binding(
            version=1,
            cluster=Cluster(kubeconfig="/nowhere", context="nowhere"),
            toxiproxies={"edge": Toxiproxy(api=real.url)},
            links={name: Proxied(toxiproxy="edge", proxy=name) for name in real.listens},
            allow=Allow(links=tuple(real.listens)),
        )
    )


def _proxy(name: str) -> str:
    return name.replace(" ", "-")


def _deeds(hands: Hands, name: str) -> tuple[Deed, ...]:
    scene = Scene(hands, Plan(Scenario.model_validate(_scenario()), "as-written", 1), f"fault/{_proxy(name)}/0", "two")
    found = means(scene, _fault(FAULTS[name], path=_proxy(name)))
    assert isinstance(found, Means), found
    return tuple(deed.prepared(hands) for deed in found.deeds)


async def _through(real: RealToxiproxy) -> tuple[list[list[Seen]], float]:
    """Put the plan's calls through every proxy at once, each with its own fault; return by how much we were late."""
    hands = _hands(real)
    deeds = [deed for name in FAULTS for deed in _deeds(hands, name)]
    plan = LoadPlan({_proxy(name): _client(real, name) for name in FAULTS}, DURATION_S)
    recorder, clock = Recorder(plan.info()), RunClock()
    load = asyncio.create_task(Load(plan, clock, recorder).run())
    await asyncio.sleep(BEGINS_S - clock.now())
    await asyncio.gather(*(asyncio.to_thread(deed.do, hands) for deed in deeds))
    late_s = clock.now() - BEGINS_S
    await asyncio.sleep(ENDS_S - clock.now())
    await asyncio.gather(*(asyncio.to_thread(deed.undo, hands) for deed in deeds))
    late_s = max(late_s, clock.now() - ENDS_S)
    await load
    journal = recorder.finish()
    calls = sorted(journal.calls, key=lambda row: (int(row["client"]), int(row["number"])))
    numbers = [journal.info.clients.index(_proxy(name)) for name in FAULTS]
    seen = [
        [Seen(REASONS[row["reason"]], float(row["took_s"])) for row in calls if row["client"] == number]
        for number in numbers
    ]
    return seen, max(late_s, 4 * float((journal.calls["sent_s"] - journal.calls["planned_s"]).max()))


def _client(real: RealToxiproxy, name: str) -> LoadClient:
    port = int(real.listens[_proxy(name)].rpartition(":")[2])
    arrivals, transport = Trace(trace="written here", instants_s=CALLS_S), Transport.model_validate(TRANSPORT)
    return LoadClient(Target(LOOPBACK, port), arrivals, transport=transport)


@pytest.fixture(scope="module")
def through(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Seen]]:
    """What the calls saw for real, by fault: all of them at the same time, eight seconds."""

    async def serve() -> tuple[list[list[Seen]], float]:
        async with serving(Act(after_s=TAKES_S)) as place:
            folder = tmp_path_factory.mktemp("toxiproxy")  # a fresh one for each try
            real = RealToxiproxy(folder, f"{LOOPBACK}:{place.port}", tuple(_proxy(name) for name in FAULTS))
            await asyncio.to_thread(real.start)
            try:
                return await _through(real)
            finally:
                real.kill()

    for _ in range(2):
        seen, late_s = run(serve())
        if late_s <= LATE_S:
            return dict(zip(FAULTS, seen, strict=True))
    pytest.skip(f"this machine was too late to tell: {late_s:.2f} s (accepted: {LATE_S:g})")


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_way_ends_calls_alike(name, through):
    """Each call ends for the same reason in both worlds, and for real it takes at least as long."""
    sim, real = simulated(FAULTS[name]), through[name]
    known = DIFFERS.get(name, {})
    assert [each.reason for each in real] == [known.get(each.reason, each.reason) for each in sim]
    late = [(ours, theirs) for ours, theirs in zip(sim, real, strict=True) if theirs.took_s < ours.took_s - EARLY_S]
    assert not late


@pytest.mark.parametrize("name", FAULTS)
def test_before_and_after_a_fault_calls_are_well(name, through):
    """What is undone is undone: the first call and the last two succeed in both worlds."""
    for seen in (simulated(FAULTS[name]), through[name]):
        assert [each.reason for each in (seen[0], seen[-1])] == ["ok", "ok"]


def test_every_fault_that_a_proxy_can_do_is_here():
    """A link fault that is not compared is one that the real world can't do."""
    compared = {_fault(values, link=LINK).kind for values in FAULTS.values()}
    left = {"loss": {"share": 0.1}, "unreachable": {}}
    kinds = {each.model_fields["kind"].default for each in spec.LinkFault.__subclasses__()} - {"flap"}
    assert kinds == compared | set(left)
    for kind, values in left.items():
        assert isinstance(toxics_of(_fault({"kind": kind, **values}, link=LINK), "x"), Unsupported)

"""The `overload` fault for real: further calls to a service, by a load generator of our own that keeps no row of them.

Poisson, one try each, nobody waits for the answers: what the simulator means by it. Its instants are drawn from a
stream of their own, so they are not those of the simulated run.
"""

from __future__ import annotations

from chaos.binding import Binding
from chaos.client.load import Load
from chaos.client.plan import LoadClient, LoadPlan
from chaos.clock import RunClock
from chaos.deeds import DeedFailed
from chaos.runner.load import target_of
from sim.plan.plan import Plan
from sim.record import Recorder
from sim.spec.faults import Overload
from sim.spec.traffic import Poisson

__all__ = ["overload"]

IN_FLIGHT_MAX = 2000  # assumption: more than a small service can queue; a call beyond it is not made


async def overload(plan: Plan, binding: Binding, fault: Overload, case: str, until_s: float, clock: RunClock) -> None:
    """Call the service at the fault's rate from now until `until_s`. Raises DeedFailed if there is no way to it."""
    ways = [name for name, client in plan.scenario.clients.items() if client.to == fault.service]
    bound = next((binding.clients[name] for name in ways if name in binding.clients), None)
    if bound is None:
        raise DeedFailed(
            f"overload of {fault.service}: no client of the binding calls it; accepted: an entry in clients"
        )
    client = LoadClient(target_of(bound), Poisson(poisson=fault.rate), service=fault.service, starts_s=clock.now())
    load = LoadPlan({case.replace("/", "-"): client}, until_s, 0.0, plan.seed, in_flight_max=IN_FLIGHT_MAX)
    await Load(load, clock, Recorder(load.info())).run()

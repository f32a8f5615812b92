"""The same M/M/8 queue (480/s, 10 ms) in other tools, as their documentation has it."""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import Any

import simpy

__all__ = ["AT_ONCE", "MEAN_S", "RATE_PER_S", "bare_simpy", "ciw_queue", "salabim_queue"]

RATE_PER_S, MEAN_S, AT_ONCE = 480.0, 0.010, 8


def bare_simpy(duration_s: float, seed: int = 1) -> int:
    """Run a process and a Resource per customer (SimPy's text-book form); return how many were served."""
    env, took = simpy.Environment(), list[float]()
    rng = random.Random(seed)  # noqa: S311  what the text-book form uses
    workers = simpy.Resource(env, capacity=AT_ONCE)

    def customer() -> Generator[simpy.Event, Any, None]:
        begin = env.now
        with workers.request() as turn:
            yield turn
            yield env.timeout(rng.expovariate(1 / MEAN_S))
        took.append(env.now - begin)

    def source() -> Generator[simpy.Event, Any, None]:
        while True:
            yield env.timeout(rng.expovariate(RATE_PER_S))
            env.process(customer())

    env.process(source())
    env.run(until=duration_s)
    return len(took)


def ciw_queue(duration_s: float, seed: int = 1) -> int:
    """Run the queue in Ciw; return how many were served."""
    import ciw

    ciw.seed(seed)
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=RATE_PER_S)],
        service_distributions=[ciw.dists.Exponential(rate=1 / MEAN_S)],
        number_of_servers=[AT_ONCE],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(duration_s)
    return len(simulation.get_all_records())


def salabim_queue(duration_s: float, seed: int = 1) -> int:
    """Run the queue in salabim (yield mode); return how many were served."""
    import salabim as sim

    sim.yieldless(False)
    env = sim.Environment(random_seed=seed)
    workers = sim.Resource("workers", capacity=AT_ONCE)
    took: list[float] = []

    class Customer(sim.Component):
        def process(self) -> Generator[Any, Any, None]:
            begin = env.now()
            yield self.request(workers)
            yield self.hold(sim.Exponential(MEAN_S).sample())
            self.release()
            took.append(env.now() - begin)

    class Source(sim.Component):
        def process(self) -> Generator[Any, Any, None]:
            while True:
                yield self.hold(sim.Exponential(1 / RATE_PER_S).sample())
                Customer()

    Source()
    env.run(till=duration_s)
    return len(took)

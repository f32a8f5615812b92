from __future__ import annotations

from typing import Any

import pytest
from whole_world import Run, scenario

from sim.spec.scenario import Scenario


class Applied:
    """Hears what is put on the network and taken from it."""

    def __init__(self, run: Run) -> None:
        self.log: list[tuple[float, str, str]] = []
        self._clock, self._network = run.world.clock, run.world.network
        self._apply, self._lift = self._network.apply, self._network.lift
        self._network.apply = self._put  # type: ignore[method-assign]
        self._network.lift = self._take  # type: ignore[method-assign]

    def _put(self, target: str, effect: Any) -> Any:
        self.log.append((round(self._clock.now, 6), effect.kind, target))
        return self._apply(target, effect)

    def _take(self, handle: Any) -> None:
        self.log.append((round(self._clock.now, 6), "healed", handle.key))
        self._lift(handle)


def flap(duration: float = 100.0, **fields: Any) -> Scenario:
    """Return a way that flaps from 10 s on for 50 s."""
    whole = {"kind": "flap", "link": "a--b", "at": 10, "for": 50} | fields
    return scenario(duration, faults={"flap": whole})


def log(of: Scenario, seed: int = 1) -> list[tuple[float, str, str]]:
    """Run it; return what was put on the network and taken off: when, what, where."""
    run = Run(of, seed)
    applied = Applied(run)
    run.finish()
    return applied.log


def test_a_flap_is_up_first_and_down_in_turn() -> None:
    """Up for `up`, down for `down`, again and again, and healthy when the fault is over."""
    fields = {"up": 8, "down": 12, "kinds": {"hole": {"fault": {"kind": "blackhole"}}}}
    assert log(flap(**fields)) == [
        (18.0, "blackhole", "a--b"), (30.0, "healed", "a--b"),
        (38.0, "blackhole", "a--b"), (50.0, "healed", "a--b"),
        (58.0, "blackhole", "a--b"), (60.0, "healed", "a--b"),
    ]  # fmt: skip


def test_a_cycle_goes_through_its_kinds_in_order() -> None:
    """With `order: cycle` each kind has its own length, one straight after the other, then it is up."""
    kinds = {"first": {"lasts": 3, "fault": {"kind": "unreachable"}}, "then": {"lasts": 5, "fault": {"kind": "refuse"}}}
    assert log(flap(up=20, order="cycle", kinds=kinds)) == [
        (30.0, "unreachable", "a--b"), (33.0, "healed", "a--b"), (33.0, "refuse", "a--b"), (38.0, "healed", "a--b"),
        (58.0, "unreachable", "a--b"), (60.0, "healed", "a--b"),
    ]  # fmt: skip


def test_all_paths_flap_together() -> None:
    """Several paths go down and come back at the same moments, in the same manner."""
    kinds = {"lossy": {"fault": {"kind": "loss", "share": 0.5}}, "hole": {"fault": {"kind": "blackhole"}}}
    paths = ["one->api", "two->api"]
    found = log(flap(link=None, paths=paths, up={"exponential": {"mean": 2}}, down=3, kinds=kinds))
    downs = [(at_s, kind, target) for at_s, kind, target in found if kind != "healed"]
    assert downs
    assert [d[:2] for d in downs if d[2] == paths[0]] == [d[:2] for d in downs if d[2] == paths[1]]


def test_kinds_are_drawn_by_weight() -> None:
    """A kind with three quarters of the weight is drawn in three quarters of the down phases (4 standard errors)."""
    kinds = {
        "often": {"weight": 3, "fault": {"kind": "refuse"}},
        "rarely": {"weight": 1, "fault": {"kind": "blackhole"}},
    }
    found = [kind for _, kind, _ in log(flap(5010.0, up=1, down=1, kinds=kinds, **{"for": 5000}))]
    often, rarely = found.count("refuse"), found.count("blackhole")
    assert often + rarely == 2500
    assert abs(often / 2500 - 0.75) <= 4 * (0.75 * 0.25 / 2500) ** 0.5


def test_a_kind_with_a_length_of_its_own_ends_by_it() -> None:
    """`lasts` of a kind counts instead of `down`."""
    kinds = {"short": {"lasts": 2, "fault": {"kind": "refuse"}}}
    assert log(flap(up=10, down=30, kinds=kinds))[:2] == [(20.0, "refuse", "a--b"), (22.0, "healed", "a--b")]


def test_a_healthy_kind_puts_nothing_on() -> None:
    """A noop among the kinds is a down phase in which nothing is wrong."""
    assert log(flap(up=1, down=1, kinds={"none": {"fault": {"kind": "noop"}}})) == []


@pytest.mark.parametrize("seed", [1, 2])
def test_a_flap_is_the_same_whoever_else_draws(seed: int) -> None:
    """The phases of a flap depend on its own stream alone: other faults do not move them."""
    fields = {
        "up": {"exponential": {"mean": 3}},
        "down": {"exponential": {"mean": 2}},
        "kinds": {"hole": {"fault": {"kind": "blackhole"}}},
    }
    alone = flap(**fields)
    other = {"kind": "noop", "every": {"exponential": {"mean": 1}}, "for": 0.1}
    both = scenario(faults={"other": other, "flap": alone.faults["flap"].model_dump(by_alias=True, exclude_none=True)})
    assert log(both, seed) == log(alone, seed) != log(alone, seed + 10)

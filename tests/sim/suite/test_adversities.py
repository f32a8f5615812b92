"""The standard adversities, and how they are scaled."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from sim.errors import UsageError
from sim.spec.load import load
from sim.spec.source import read, shipped, shipped_folder
from sim.suite.adversities import ADVERSITIES, CALLERS, FOLDER, Sizes, chosen_adversities, scaled


def raw(name):
    """Return what stands in a shipped adversity."""
    return yaml.safe_load(read(f"{FOLDER}/{name}").text)


def rates(data, name="x"):
    """Return (what the servers can do, what is asked of them, seconds of work in the queue) of raw data."""
    from sim.spec.load import load_text
    from sim.spec.source import Source

    base = load_text(Source(name, yaml.safe_dump(data), Path())).base
    api = base.workloads["api"]
    can_per_s = api.replicas * api.serves.at_once / api.serves.takes.mean_s()
    return can_per_s, base.clients[CALLERS].arrivals.poisson, api.replicas * api.serves.queue / can_per_s


def test_every_adversity_ships_and_every_file_is_one():
    """The list of the tables and the folder of scenarios name the same, so `simulate adversities/NAME` works."""
    assert sorted(ADVERSITIES) == sorted(path.stem for path in (shipped_folder() / FOLDER).glob("*.yaml"))
    assert {f"{FOLDER}/{name}" for name in ADVERSITIES} <= set(shipped())


@pytest.mark.parametrize("name", ADVERSITIES)
def test_each_is_one_population_that_asks_for_seventy_per_cent(name):
    """The same rates, the same question, the same steady state everywhere; faults are over long before the end."""
    base = load(f"{FOLDER}/{name}").base
    assert base.name == name
    assert rates(raw(name)) == pytest.approx((100.0, 70.0, 2.0))
    assert list(base.clients) == [CALLERS]
    assert base.steady["calls"].at_least == 0.99
    for fault in base.faults.values():
        over_s = fault.at.value + (0.0 if fault.for_ is None else fault.for_.value)
        assert over_s + 40 <= base.run.duration


@pytest.mark.parametrize("name", ADVERSITIES)
def test_rates_are_as_asked_for_and_the_queue_holds_as_many_seconds(name):
    """A service rate scales the times, the queue and the crowd of others; the load follows unless it is given."""
    assert rates(scaled(name, raw(name), Sizes(500.0))) == pytest.approx((500.0, 350.0, 2.0))
    assert rates(scaled(name, raw(name), Sizes(20.0, 30.0))) == pytest.approx((20.0, 30.0, 2.0))
    assert rates(scaled(name, raw(name), Sizes(None, 90.0))) == pytest.approx((100.0, 90.0, 2.0))
    assert scaled(name, raw(name), Sizes()) == raw(name)


def test_a_faster_service_has_more_workers_that_are_as_fast():
    """Whole workers where they fit; else a little longer or shorter each."""
    serves = [scaled("steady", raw("steady"), Sizes(rate))["workloads"]["api"]["serves"] for rate in (200.0, 20.0)]
    assert [(each["at_once"], each["takes"]["mean"]) for each in serves] == [(8, "0.04s"), (1, "0.05s")]


def test_a_crowd_of_others_grows_with_the_servers():
    """One and a half times what the servers can do stays that."""
    assert scaled("overload-burst", raw("overload-burst"), Sizes(400.0))["faults"]["crowd"]["rate"] == "600.0/s"


def test_scaling_leaves_the_data_it_was_given_alone():
    """Every policy is compared under the same file."""
    data = raw("overload-burst")
    scaled("overload-burst", data, Sizes(400.0, 10.0))
    assert data == raw("overload-burst")


def test_names_are_chosen_in_their_order_and_once():
    """None means all; a name that does not ship is an error that says what was meant."""
    assert chosen_adversities(None) == ADVERSITIES
    assert chosen_adversities(["loss-1", "steady", "loss-1"]) == ("loss-1", "steady")
    with pytest.raises(UsageError, match="'brownout' is no adversity; did you mean brown-out"):
        chosen_adversities(["brownout"])
    with pytest.raises(UsageError, match="none was named"):
        chosen_adversities([])

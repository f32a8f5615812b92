"""Whom a fault hits."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from whole_world import scenario

from sim.plan import Plan, Stream, chosen, nodes_hit

NAME = st.from_regex(r"[a-z]{1,3}", fullmatch=True)
NAMES = st.lists(NAME, unique=True, max_size=12)
SEED = st.integers(0, 2**63 - 1)
GOLDEN = ("node-0", "node-3", "node-5")  # of seed 7
NODES = {name: {"zone": "east" if name in "abc" else "west", "labels": {"disk": "ssd"}} for name in "abcdef"}
NODES |= {"g": {"zone": "west", "labels": {"disk": "hdd", "example.com/rack": "7"}}}
PLANE = {"servers": ["a", "d"]}


def plan(faults: dict[str, Any], seed: int = 1, nodes: dict[str, Any] = NODES, **parts: Any) -> Plan:
    """Return the plan of faults on seven nodes in two zones, two of them servers."""
    cluster = {"nodes": nodes, "control_plane": PLANE if "d" in nodes else None}
    return Plan(scenario(cluster=cluster, faults=faults, **parts), "base", seed)


def hit(fault: dict[str, Any], seed: int = 1, **parts: Any) -> tuple[str, ...]:
    """Return the nodes that one lost-node fault hits."""
    made = plan({"gone": {"kind": "node_loss"} | fault}, seed, **parts)
    return nodes_hit(made.scenario, made.faults["gone"])


@given(seed=SEED, names=NAMES, count=st.integers(0, 15), shuffled=st.randoms(use_true_random=False))
def test_a_choice_is_so_many_of_the_names_in_whatever_order_they_come(seed, names, count, shuffled):
    """A subset of that size (or all), the same one for the same names in another order, in the order given."""
    stream = Stream(seed, "fault/f/targets")
    found = chosen(stream, names, count)
    assert [name for name in names if name in found] == list(found)
    assert len(found) == min(count, len(names))
    other = list(names)
    shuffled.shuffle(other)
    assert sorted(chosen(stream, other, count)) == sorted(found)


@given(seed=SEED, names=NAMES, count=st.integers(0, 12))
def test_a_larger_count_keeps_whom_the_smaller_one_had(seed, names, count):
    """So that two options which differ in the count differ in the further targets alone."""
    stream = Stream(seed, "s")
    assert set(chosen(stream, names, count)) <= set(chosen(stream, names, count + 1))


@given(seed=SEED, names=st.lists(NAME, unique=True, min_size=2, max_size=12), data=st.data())
def test_who_is_not_chosen_can_leave(seed, names, data):
    """The choice stays when a name goes that was not in it."""
    stream = Stream(seed, "s")
    found = chosen(stream, names, data.draw(st.integers(1, len(names) - 1)))
    gone = data.draw(st.sampled_from([name for name in names if name not in found]))
    assert chosen(stream, [name for name in names if name != gone], len(found)) == found


def test_every_pair_is_equally_likely():
    """Over 6,000 seeds each of the ten pairs of five names comes up a tenth of the time (5 standard errors)."""
    counts = dict.fromkeys(combinations("abcde", 2), 0)
    for seed in range(6000):
        counts[chosen(Stream(seed, "s"), "abcde", 2)] += 1
    assert all(abs(count - 600) < 5 * (6000 * 0.1 * 0.9) ** 0.5 for count in counts.values())


def test_a_choice_is_the_same_everywhere():
    """This is what seed 7 has always given, also under another hash seed and in the other world."""
    nodes = [f"node-{number}" for number in range(9)]
    assert chosen(Stream(7, "fault/gone/targets"), nodes, 3) == GOLDEN


@pytest.mark.parametrize(
    ("fault", "nodes"),
    [
        ({"node": "b"}, "b"),
        ({"node": ["f", "b"]}, "fb"),
        ({"node": {"zone": "west"}, "pick": "all"}, "defg"),
        ({"node": {"role": "server"}, "pick": "all"}, "ad"),
        ({"node": {"role": "agent", "zone": "east"}, "pick": "all"}, "bc"),
        ({"node": {"label": {"disk": "ssd"}}, "pick": 1.0}, "abcdef"),
        ({"node": {"label": {"disk": "hdd", "example.com/rack": "7"}}}, "g"),
        ({"node": {"label": {"disk": "hdd"}, "zone": "east"}}, ""),
    ],
)
def test_names_and_choices(fault, nodes):
    """Of names all are hit, of a choice whoever fits everything that is given."""
    assert hit(fault) == tuple(nodes)


@pytest.mark.parametrize(
    ("pick", "count"), [(None, 1), ("one", 1), (2, 2), ("all", 4), ("50%", 2), (0.51, 3), ("1%", 1), (9, 4)]
)
def test_how_many_are_picked(pick, count):
    """One if nothing is said; a share is rounded up; never more than there are."""
    for seed in range(20):
        found = hit({"node": {"zone": "west"}} | ({"pick": pick} if pick else {}), seed)
        assert len(found) == count
        assert set(found) <= set("defg")


def test_one_of_a_list_can_be_picked():
    """`pick` works on names too; over seeds each gets its turn."""
    found = {hit({"node": ["a", "c"], "pick": "one"}, seed) for seed in range(20)}
    assert found == {("a",), ("c",)}


LOSS = {"kind": "node_loss", "node": {"zone": "west"}, "pick": 2}
OTHERS = st.dictionaries(st.sampled_from(["x", "y", "z"]), st.sampled_from([LOSS, {"kind": "noop"}]))


@given(seed=st.integers(0, 2**32), others=OTHERS, first=st.booleans())
def test_no_fault_moves_anothers_choice(seed, others, first):
    """With other faults before or after it, a fault hits the same nodes."""
    faults = {"gone": LOSS, **others} if first else {**others, "gone": LOSS}
    assert plan(faults, seed).faults["gone"] == plan({"gone": LOSS}, seed).faults["gone"]


def test_a_plan_keeps_what_needs_no_choice():
    """The very same value; and a choice once made is a fault of the language that names its nodes."""
    made = plan({"gone": LOSS, "named": {"kind": "node_loss", "node": "b"}, "quiet": {"kind": "noop"}})
    scenario_faults = made.scenario.faults
    assert made.faults["named"] is scenario_faults["named"]
    assert made.faults["quiet"] is scenario_faults["quiet"]
    gone = made.faults["gone"]
    again = type(gone).model_validate(gone.model_dump(by_alias=True))
    assert again == gone
    assert list(made.faults) == list(scenario_faults)


def test_an_unmade_choice_cannot_be_played():
    """Whoever asks the scenario's fault instead of the plan's is told so, instead of hitting somebody."""
    with pytest.raises(AssertionError, match="a plan's faults"):
        _ = plan({"gone": LOSS}).scenario.faults["gone"].nodes


def test_without_a_control_plane_the_first_node_is_the_server():
    """As the model places it."""
    nodes = {name: {} for name in "xyz"}
    assert hit({"node": {"role": "server"}, "pick": "all"}, nodes=nodes) == ("x",)
    assert hit({"node": {"role": "agent"}, "pick": "all"}, nodes=nodes) == ("y", "z")


def test_a_zone_is_all_of_its_nodes():
    """Zone loss needs no choice."""
    made = plan({"dark": {"kind": "zone_loss", "zone": "east"}, "quiet": {"kind": "noop"}})
    assert nodes_hit(made.scenario, made.faults["dark"]) == ("a", "b", "c")
    assert nodes_hit(made.scenario, made.faults["quiet"]) == ()

"""Options are checked patches."""

from __future__ import annotations

from itertools import pairwise

import pytest


def _with(small: str, options: str) -> str:
    return small.partition("options:")[0] + "options:\n" + options


def test_set_add_and_remove_change_only_their_own_option(loaded, small):
    """The base and the other options never see a change."""
    document = loaded(
        _with(
            small,
            "  one: {set: {workloads.api.replicas: 5}, add: {cluster.nodes.d: {like: a}}, remove: [repair.gone]}\n"
            "  two: {set: {cluster.nodes.a.cpu: 2}}\n",
        )
    )
    one, two, base = document.option("one"), document.option("two"), document.base
    assert (one.workloads["api"].replicas, list(one.cluster.nodes), dict(one.repair)) == (5, ["a", "b", "c", "d"], {})
    assert [node.cpu for node in two.cluster.nodes.values()] == [2, 2, 2]  # `like` copies after the patch
    assert (base.workloads["api"].replicas, list(base.cluster.nodes), list(base.repair)) == (
        3,
        ["a", "b", "c"],
        ["gone"],
    )


def test_items_of_a_list_are_addressed_by_number(loaded, small):
    """`calls.0` is the first call."""
    document = loaded(_with(small, "  one: {add: {services.api.calls.0.times: 2}}\n"))
    assert document.option("one").services["api"].calls[0].times == 2


def test_add_makes_a_section_that_the_file_leaves_out(loaded, small):
    """A field of the language may be made on the way to a new entry."""
    document = loaded(_with(small, "  one: {add: {cluster.links.a--b: {latency: 1ms}}}\n"))
    assert document.option("one").cluster.links["a--b"].latency.value == 0.001


def test_the_changes_of_every_ancestor_are_made_once_parents_before_children(loaded, small):
    """A diamond: the grandparent's change does not come back over the parents'."""
    options = """\
  top: {set: {workloads.api.replicas: 4, cluster.nodes.a.cpu: 1}}
  left: {extends: [top], set: {workloads.api.replicas: 5}}
  right: {extends: [top], set: {cluster.nodes.a.cpu: 2}}
  both: {extends: [left, right]}
"""
    both = loaded(_with(small, options)).option("both")
    assert (both.workloads["api"].replicas, both.cluster.nodes["a"].cpu) == (5, 2)


DISPUTE = "  one: {set: {workloads.api.replicas: 4}}\n  two: {set: {workloads.api.replicas: 5}}\n"


def test_what_two_parents_dispute_the_child_must_say(problems, small):
    """Neither extends the other, they differ: the order of `extends` must not decide."""
    assert problems(_with(small, DISPUTE + "  both: {extends: [one, two]}\n")) == [
        "41: options.both.extends: one and two give workloads.api.replicas different values ('4' and '5'); "
        "accepted: set it in both itself"
    ]


@pytest.mark.parametrize(
    "more",
    [
        "  both: {extends: [one, two], set: {workloads.api.replicas: 6}}\n",
        "  both: {extends: [one, two], set: {workloads.api.replicas: 6}}\n  heir: {extends: [both]}\n",
        "  both: {extends: [one, two], set: {workloads.api: {serves: {takes: 1s}}}}\n",
    ],
)
def test_a_dispute_is_over_when_an_option_that_joins_both_has_decided(problems, small, more):
    """It may set the path, or anything around it; who inherits from it inherits the decision."""
    assert problems(_with(small, DISPUTE + more)) == []


def test_a_whole_and_a_part_of_it_can_be_in_dispute(problems, small):
    """One parent replaces an entry, the other a field of it: the outcome would depend on their order."""
    options = """\
  whole: {set: {repair.gone: {noticed: 1h}}}
  part: {set: {repair.gone.noticed: 2h}}
  agreed: {set: {repair.gone.noticed: 1h}}
  right: {extends: [whole, agreed]}
  wrong: {extends: [whole, part]}
"""
    assert problems(_with(small, options)) == [
        "43: options.wrong.extends: whole and part give repair.gone.noticed different values ('1h' and '2h'); "
        "accepted: set it in wrong itself"
    ]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("{set: {workloads.api.replica: 5}}",
         "39: options.one.set.workloads.api.replica: there is no 'replica' in workloads.api; did you mean replicas? "
         "known: replicas, serves; to make it, use add:"),
        ("{set: {workload.api: {}}}",
         "39: options.one.set.workload.api: there is no 'workload' in the file; did you mean workloads?"),
        ("{add: {workloads.api.replicas: 5}}",
         "39: options.one.add.workloads.api.replicas: workloads.api.replicas is there already ('3'); to replace"),
        ("{add: {clients.shopp.policy: none}}",
         "39: options.one.add.clients.shopp.policy: there is no 'shopp' in clients; did you mean shop? known: shop"),
        ("{add: {name.first: x}}", "39: options.one.add.name.first: 'name.first' cannot be changed by an option"),
        ("{remove: [faults.gon]}", "39: options.one.remove[0]: there is no 'gon' in faults; did you mean gone? known"),
        ("{set: {run.seed: 5}}", "39: options.one.set.run.seed: 'run.seed' cannot be changed by an option: all opt"),
        ("{set: {run: {duration: 5m}}}", "39: options.one.set.run: 'run' cannot be changed by an option: it holds"),
        ("{set: {faults.gone.at: 1m, faults.gone: {kind: noop, at: 1m}}}",
         "39: options.one.set.faults.gone.at: the same option also changes faults.gone; accepted: one of the two"),
        ("{extends: [on]}", "39: options.one.extends[0]: 'on' is no option; known: none"),
        ("{extends: [one]}", "39: options.one.extends: leads back to itself: one → one"),
        ("{set: {workloads.api.replicas: many}}",
         "39: options.one.set.workloads.api.replicas: 'many' is not accepted; accepted: a whole number"),
        ("{set: {clients.shop.policy: bold}}", "39: options.one.set.clients.shop.policy: 'bold' is no policy; known: "),
        ("{remove: [faults.gone]}", "33: repair.gone: 'gone' is no fault; known: flap (with option one)"),
        ("{sets: {}}", "39: options.one.sets: 'sets' is no field here; did you mean set? known: why, extends, set"),
        ("5", "39: options.one: '5' is not accepted; accepted: a map"),
        ("{set: [a]}", "39: options.one.set: [a] is not accepted; accepted: a map"),
    ],
)  # fmt: skip
def test_a_wrong_change_is_told_at_the_options_own_line(problems, small, option, said):
    """A change that cannot be made, or makes the scenario wrong, names the option."""
    found = problems(_with(small, f"  one: {option}\n"))
    assert [line[: len(said)] for line in found] == [said], found


def test_an_error_that_many_options_inherit_is_said_once(problems, small):
    """It stands in one place of the file."""
    options = "  one: {set: {workloads.api.replicas: x}}\n" + "".join(f"  o{n}: {{extends: [one]}}\n" for n in range(9))
    assert problems(_with(small, options)) == [
        "39: options.one.set.workloads.api.replicas: 'x' is not accepted; accepted: a whole number"
    ]


def test_a_circle_of_options_is_named_in_its_order(problems, small):
    """a extends b extends c extends a."""
    options = "  a: {extends: [b]}\n  b: {extends: [c]}\n  c: {extends: [a]}\n"
    [found] = problems(_with(small, options))
    circle = found.partition("leads back to itself: ")[2].split(" → ")
    assert all((one, other) in {("a", "b"), ("b", "c"), ("c", "a")} for one, other in pairwise(circle))
    assert (len(circle), circle[0]) == (4, circle[-1])


def test_an_option_that_is_not_modelled_is_listed_with_its_reason_and_checked(loaded, problems, small):
    """It is not among those that can be run, but its words are checked like any other's."""
    document = loaded(_with(small, "  one: {}\n  mesh: {not_modelled: comes later}\n"))
    assert (document.options, document.not_modelled) == (("one",), {"mesh": "comes later"})
    assert problems(_with(small, "  mesh: {not_modelled: comes later, set: {a: 1}}\n")) != []


def test_an_option_cannot_run_on_top_of_one_that_is_not_modelled(problems, small):
    """Half of it would be missing without a word."""
    [found] = problems(_with(small, "  mesh: {not_modelled: comes later}\n  all: {extends: [mesh]}\n"))
    assert found == (
        "40: options.all.extends: mesh is not modelled, so this option cannot be run either; "
        "accepted: not_modelled here too, or without it"
    )

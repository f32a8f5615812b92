"""Names of policies, as people give them."""

from __future__ import annotations

import pytest

from sim.errors import UsageError
from sim.policy import policy_preset_names
from sim.suite.policies import POLICIES, Chosen, chosen_policies, unknown_policy


def test_without_a_name_a_few_that_differ_are_compared():
    """All of them are presets or further names of presets."""
    assert tuple(chosen.option for chosen in chosen_policies(None)) == POLICIES


def test_names_stay_in_their_order_and_once():
    """The scenario's own policies count as well as presets."""
    assert chosen_policies(["mine", "none", "mine"], own=["mine"]) == (
        Chosen("mine", ("mine",)),
        Chosen("none", ("none",)),
    )


def test_a_plus_is_one_policy_over_another():
    """`A+B` is an option of a name that the language allows, and a policy of layers, outermost first."""
    (made,) = chosen_policies(["aws-standard + envoy"])
    assert made == Chosen("aws-standard-over-envoy", ("aws-standard", "envoy"))
    assert made.body() == {"kind": "layers", "layers": ["aws-standard", "envoy"]}
    assert Chosen("none", ("none",)).body() is None


@pytest.mark.parametrize("names", [["aws-standrd"], ["none", "none+aws-standrd"]])
def test_a_misspelt_name_is_an_error_with_the_nearest(names):
    """Also inside of layers."""
    with pytest.raises(UsageError, match="'aws-standrd' is no policy; did you mean aws-standard"):
        chosen_policies(names)


def test_no_name_at_all_is_an_error():
    """An empty list was meant to say something."""
    with pytest.raises(UsageError, match="none was named"):
        chosen_policies([""])


@pytest.mark.parametrize(
    ("given", "near"), [("resilience", "resilience4j"), ("spring", "spring-retry"), ("zzz", "policies list")]
)
def test_a_part_of_a_name_finds_those_that_have_it(given, near):
    """Where nothing is near, the list is named instead of some sixty names."""
    said = unknown_policy(given)
    assert near in said
    assert len(said) < 300
    assert given not in policy_preset_names()

"""Layers that name policies of the same file."""

from __future__ import annotations

import pytest

from sim.policy import Layers, Once, Retry, policy_preset
from sim.spec.stacked import spell_out

STACK = """
  mesh: {kind: retry, attempts: 2}
  limit: {kind: none, try_timeout: 30s}
  stack: {kind: layers, layers: [limit, patient, mesh, istio, none]}
"""


@pytest.fixture
def with_policies(small):
    """The small scenario with further policies, and its one client using the stack."""

    def text(more):
        start = small.index("policies:\n") + len("policies:\n")
        return small[:start] + more.lstrip("\n") + small[start:].replace("policy: patient", "policy: stack")

    return text


def test_a_name_stands_for_the_policy_of_the_file(with_policies, loaded):
    """Own names, presets and `none` side by side, resolved before the validator looks."""
    policies = loaded(with_policies(STACK)).base.policies
    patient = policies["patient"]
    assert isinstance(patient, Retry)
    assert policies["stack"] == Layers(
        layers=(Once(try_timeout=30.0), patient, policies["mesh"], policy_preset("istio").policy, Once())
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("  stack: {kind: layers, layers: [stack]}\n", "policies.stack.layers[0]: 'stack' leads back here: stack → st"),
        (
            "  stack: {kind: layers, layers: [none, other]}\n  other: {kind: layers, layers: [stack]}\n",
            "policies.other.layers[0]: 'stack' leads back here: stack → other → stack",
        ),
        ("  stack: {kind: layers, layers: [patiant]}\n", "policies.stack.layers[0]: 'patiant' is no policy"),
        ("  stack: {kind: layers, layers: [{kind: layers, layers: [istoi]}]}\n", "'istoi' is no policy"),
        ("  stack: {kind: layers, layers: [3]}\n", "policies.stack.layers[0]"),
        ("  stack: {kind: layers, layers: none}\n", "policies.stack.layers"),
        ("  stack: {kind: layers, layers: [{kind: retry, attempts: unlimited}]}\n", "policies.stack: layer 1: attemp"),
    ],
)
def test_a_mistake_is_told_once_with_its_place(problems, with_policies, more, said):
    """Circles, names that are nobody's, and what is no layer at all."""
    found = problems(with_policies(more))
    assert [line for line in found if said in line] == found
    assert len(found) == 1


def test_what_names_nothing_is_left_alone():
    """Other policies, and a section that is no map, pass through as they are."""
    said = []
    data = {"policies": {"a": {"kind": "none"}, "b": 3}}
    assert spell_out(data, {}, lambda *problem: said.append(problem)) == data
    assert spell_out({"policies": 3}, {}, lambda *problem: said.append(problem)) == {"policies": 3}
    assert said == []

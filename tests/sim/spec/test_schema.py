"""The JSON Schema accepts what the loader accepts, in the forms that people write."""

from __future__ import annotations

import jsonschema
import pytest

from sim.spec.load import load
from sim.spec.schema import file_schema
from sim.spec.source import read, shipped
from sim.spec.template import template
from sim.spec.yaml_core import parse


@pytest.fixture(scope="module")
def validator():
    """A validator of the schema, which is itself valid."""
    schema = file_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def _accepts(validator, text: str) -> bool:
    return validator.is_valid(parse(text, "it.yaml").data)


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_scenario_validates(validator, name):
    """An editor must not mark what the loader accepts."""
    assert list(validator.iter_errors(parse(read(name).text, name).data)) == []


def test_the_template_and_the_small_scenario_validate(validator, small):
    """`like`, bare durations, `backoff: none` and one-key distributions are part of the schema."""
    more = small.replace("backoff: 100ms", "backoff: none").replace("up: 8s", "up: {mixture: [{share: 100%, of: 1s}]}")
    assert [_accepts(validator, text) for text in (template(), small, more)] == [True, True, True]


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("10m", "10"), ("10m", "ten"), ("cpu: 4", "cpus: 4"), ("replicas: 3", "replicas: three"), ("90%", "lots"),
        ("mean: 20ms", "mean: 20"), ("exponential", "exponental"), ("kind: node_loss", "kind: nodeloss"),
        ("  shop:", "  Shop_:"), ("version: 1", "version: 2"), ("50/s", "50"), ("recovery_s", "recovery"),
        ("objectives:", "objectivs:"), ("{kind: node_loss, ", "{"),
    ],
)  # fmt: skip
def test_what_the_loader_refuses_for_its_form_the_schema_refuses_too(validator, problems, small, good, bad):
    """Editors show the same mistakes, as far as a schema can."""
    text = small.replace(good, bad, 1)
    assert problems(text) != []
    assert not _accepts(validator, text)


def test_a_scenario_without_options_is_loaded_as_the_schema_says(tmp_path):
    """The template is valid for both."""
    path = tmp_path / "new.yaml"
    path.write_text(template("new"), encoding="utf-8")
    assert load(path).options == ("as-it-is", "retry")


@pytest.mark.parametrize(
    ("policy", "accepted"),
    [
        ("{kind: layers, layers: [none, istio, {kind: none, try_timeout: 30s}]}", True),
        ("{kind: layers, layers: [{kind: layers, layers: [{kind: hedge, after: 10ms}]}]}", True),
        ("{kind: hedge, after: {percentile: 95%, of_last: 1000, at_least: 1ms}}", True),
        ("{kind: fallback, on: [timeout], takes: 5ms}", True),
        ("{kind: retry, attempts: 2, backoff: {kind: steps, waits: [1s, 2s]}}", True),
        ("{kind: retry, attempts: 2, backoff: [1s, 2s]}", True),
        ("{kind: retry, attempts: 2, breaker: {kind: consecutive, failures: 5, rest: 30s}}", True),
        ("{kind: retry, attempts: 2, breaker: {kind: total, failures: 5, rest: {kind: exponential, base: 1s}}}", True),
        ("{kind: retry, attempts: 2, throttle: {accepts: 50%}, limit: {kind: fixed, limit: 5}}", True),
        ("{kind: layers, layers: [{kind: retri}]}", False),
        ("{kind: layers, layers: [3]}", False),
        ("{kind: hedge}", False),
        ("{kind: hedge, after: 3}", False),
        ("{kind: retry, attempts: 2, limit: {kind: fixed}}", False),
    ],
)
def test_every_kind_of_policy_is_in_the_schema(validator, small, policy, accepted):
    """Also where policies stand in policies."""
    text = small.replace("policies:\n", f"policies:\n  other: {policy}\n")
    assert _accepts(validator, text) is accepted

"""Whatever stands in a file, the answer is a document or a ScenarioError."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.errors import Problem, ScenarioError
from sim.spec.load import load
from sim.spec.template import template

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(["5s", "0s", "99%", "50/s", "a", "b", "a--b", "shop->api", "none", "like", "unlimited", "", "."]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["kind", "like", "at", "of", "a", "set", "0"]), inner, max_size=2)
    ),
    max_leaves=4,
)


def _places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(place for key, value in items for place in _places(value, (*path, key)))]


def _replaced(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = _replaced(copy[path[0]], path[1:], value)
    return copy


def _loads_or_refuses(path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    problems: tuple[Problem, ...] = ()
    try:
        document = load(path)
        assert all(document.option(name) for name in document.options)
    except ScenarioError as error:
        problems = error.problems
    assert all(problem.file and problem.message for problem in problems)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_scenario_with_anything_in_any_place_is_loaded_or_refused(tmp_path, small, data):
    """No mutation of a valid scenario ends in anything but values or problems."""
    scenario = yaml.safe_load(data.draw(st.sampled_from([small, template()])))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(_places(scenario)[1:] or [()]))
        scenario = _replaced(scenario, place, data.draw(VALUES))
    _loads_or_refuses(tmp_path / "it.yaml", yaml.safe_dump(scenario, allow_unicode=True))


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_scenario_with_any_slip_of_the_hand_is_loaded_or_refused(tmp_path, small, data):
    """Text cut, doubled or replaced anywhere is no exception either."""
    begin = data.draw(st.integers(0, len(small)))
    end = data.draw(st.integers(begin, min(len(small), begin + 40)))
    typed = data.draw(st.text(alphabet=st.characters(codec="utf-8"), max_size=5) | st.just(small[begin:end] * 2))
    _loads_or_refuses(tmp_path / "it.yaml", small[:begin] + typed + small[end:])

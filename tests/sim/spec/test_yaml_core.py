"""YAML 1.2, strictly, with lines."""

from __future__ import annotations

import pytest
import yaml

from sim.errors import ScenarioError
from sim.spec import yaml_core
from sim.spec.yaml_core import parse


def _refusal(text: str) -> str:
    with pytest.raises(ScenarioError) as error:
        parse(text, "it.yaml")
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("on", "on"), ("yes", "yes"), ("1:30", "1:30"), ("2025-10-13", "2025-10-13"), ("1_000", "1_000"),
        ("true", True), ("False", False), ("~", None), ("", None), ("null", None),
        ("12", 12), ("-3", -3), ("0o17", 15), ("0x1F", 31), ("017", 17), ("1.5", 1.5), (".5", 0.5), ("12e3", 12000.0),
        ("'12'", "12"), ('"true"', "true"), ("5s", "5s"), ("99.9%", "99.9%"), ("!!str 5", "5"), ("!!int 5", 5),
    ],
)  # fmt: skip
def test_scalars_mean_what_yaml_1_2_says(text, value):
    """Only the core schema's words are not text: `no`, `on` and `1:30` stay what they are."""
    read = parse(f"a: {text}", "it.yaml").data["a"]
    assert (read, type(read)) == (value, type(value))


def test_every_path_has_its_line():
    """A name's line is where it is written, an item's where it begins."""
    tree = parse("a:\n  b: 1\n  c:\n    - x\n    - {d: 2}\n\nlast: {e: 3}\n", "it.yaml")
    assert tree.lines == {
        (): 1, ("a",): 1, ("a", "b"): 2, ("a", "c"): 3, ("a", "c", 0): 4, ("a", "c", 1): 5, ("a", "c", 1, "d"): 5,
        ("last",): 7, ("last", "e"): 7,
    }  # fmt: skip


def test_names_are_text_even_if_they_look_like_numbers():
    """A key is what stands in the file, never a number or a truth value."""
    assert parse("{8080: a, true: b, 1.50: c}", "it.yaml").data == {"8080": "a", "true": "b", "1.50": "c"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it.yaml:1: the file is empty; accepted: a scenario, a map that begins with version: 1"),
        ("- a", "it.yaml:1: [a] is no map; accepted: a scenario"),
        ("just words", "it.yaml:1: 'just words' is no map; accepted: a scenario"),
        ("a: 1\nb: 2\na: 3", "it.yaml:3: a: 'a' stands here a second time (first in line 1); accepted: each name once"),
        ("a: {b: 1, b: 2}", "it.yaml:1: a.b: 'b' stands here a second time (first in line 1)"),
        ("a: .nan", "it.yaml:1: a: '.nan' is not finite; accepted: a finite number"),
        ("a: [1, -.inf]", "it.yaml:1: a[1]: '-.inf' is not finite"),
        ("a: 1e999", "it.yaml:1: a: '1e999' is too large; accepted: a finite number"),
        (
            f"a: {'9' * 5000}",
            "it.yaml:1: a: '99999999999999999999999999999999999999999999999999999999999…' is too long",
        ),
        ("a: 1\n---\nb: 2", "it.yaml:2: a second document begins; accepted: one scenario a file"),
        ("a: &x 1\n<<: {b: 2}", "it.yaml:2: <<: merge keys are not part of YAML 1.2; accepted: like: NAME"),
        ("a: *nobody", "it.yaml:1: a: *nobody points to nothing that is complete before it"),
        ("a: &x [*x]", "it.yaml:1: a[0]: *x points to nothing that is complete before it"),
        ("? [a, b]\n: 1", "it.yaml:1: a map or list stands where a name belongs; accepted: text as a name"),
        ("a: !!python/object:os.system x", "it.yaml:1: a: the tag 'tag:yaml.org,2002:python/object:os.system' is not"),
        ("a: !!int x", "it.yaml:1: a: the tag 'tag:yaml.org,2002:int' is not understood here"),
        ("a: 'open", "it.yaml:1: this is not YAML: while scanning a quoted scalar found unexpected end of stream"),
        ("a: b: c", "it.yaml:1: this is not YAML: mapping values are not allowed in this context"),
        ("a: \x01", "it.yaml:1: this is not YAML: "),
        ("a: " + "[" * 100_000, "it.yaml:1: this is not YAML: while increasing flow level exceeded maximum nesting"),
        ("a: " + "{a: " * 500, "it.yaml:1: a.a.a"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_its_line(text, said):
    """Each refusal names file, line and path, and what is accepted."""
    assert _refusal(text).startswith(said)


def test_every_repeated_name_and_bad_number_is_told_at_once():
    """One reading finds all of them."""
    assert _refusal("a: .inf\nb: 1\nb: 2\nc: .nan").count("\n") == 2


def test_a_bomb_of_aliases_is_refused_before_it_unfolds():
    """Ten levels of ten aliases are ten thousand million values: the tenth line is not reached."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "the file unfolds to more than 200,000 values" in _refusal("\n".join(levels))


def test_an_alias_repeats_a_value():
    """Anchors are YAML; what they repeat counts where it is used."""
    tree = parse("a: &x {b: 1}\nc: *x", "it.yaml")
    assert (tree.data, tree.line(("c", "b"))) == ({"a": {"b": 1}, "c": {"b": 1}}, 2)


def test_without_libyaml_the_answers_are_the_same(monkeypatch, small):
    """PyYAML's own parser gives the same data, lines and refusals."""
    expected = parse(small, "it.yaml")
    monkeypatch.setattr(yaml_core, "_Loader", yaml.SafeLoader)
    assert parse(small, "it.yaml") == expected
    assert "more than 40 levels" in _refusal("a: " + "[" * 5000)
    assert "this is not YAML" in _refusal("a: \x01")

"""The documentation of policies: its tables are those of the code, its examples can be run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, get_args

import pytest
import yaml
from pydantic import BaseModel, create_model

from sim.analysis.measures import MEASURES
from sim.policy import FAILURES, Fallback, Hedging, Layers, Once, Retry, describe, policy_preset, policy_preset_names
from sim.policy.backoff import Backoff
from sim.policy.base import KINDS
from sim.policy.breaker import AnyBreaker
from sim.policy.budget import AnyBudget
from sim.policy.latencies import Percentile
from sim.policy.limit import AnyLimit
from sim.policy.rate import AnyRate
from sim.policy.throttle import Throttle
from sim.presets import preset_entries
from sim.spec.load import load_text
from sim.spec.serving import Cache, CoDel, Shed, Slows, Tiers
from sim.spec.source import Source
from sim.spec.traffic import Transport
from sim.spec.workloads import Call, Ejects, Serves, Service
from sim.suite import ADVERSITIES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")
LIBRARIES = ROOT / "tests" / "conformance" / "libraries"
NOT_SAID = "–"


class Table(NamedTuple):
    """A table of the page, and the heading that it stands under."""

    heading: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_tables(text: str) -> Iterator[Table]:
    """Yield the tables of a page of Markdown; what stands in a fence is no table."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    for section in re.split(r"^#+ ", text, flags=re.MULTILINE):
        for block in re.findall(r"(?:^\|.*\|\n)+", section, flags=re.MULTILINE):
            head, _, *rows = [tuple(re.split(r"\s*\|\s*", line)[1:-1]) for line in block.splitlines()]
            yield Table(section.partition("\n")[0], head, tuple(rows))


TABLES = tuple(read_tables(PAGE))


def rows_under(first: str) -> tuple[tuple[str, ...], ...]:
    """Return the rows of the one table whose first column has that name."""
    (table,) = [table for table in TABLES if table.head[0] == first and "field" not in table.head]
    return table.rows


def models_of(union: Any) -> dict[str, type[BaseModel]]:
    """Return the models of a union of kinds, by kind."""
    models = [get_args(each)[0] for each in get_args(get_args(union)[0])]
    return {model.model_fields["kind"].default: model for model in models}


UNIONS = {"Backoffs": Backoff, "Budgets": AnyBudget, "Breakers": AnyBreaker, "Limits": AnyLimit, "Rates": AnyRate}
MODELS: dict[str, dict[str, type[BaseModel]]] = {
    "`none`": {"": Once},
    "`retry`": {"": Retry},
    "`hedge`": {"": Hedging},
    "A learnt `percentile`": {"": Percentile},
    "`fallback`": {"": Fallback},
    "`layers`": {"": Layers},
    "Throttle": {"": Throttle},
    "Transports": {"": Transport},
    "Servers that can be hurt": {
        "serves": Serves, "slows": Slows, "cache": Cache, "shed": Shed, "codel": CoDel, "tiers": Tiers,
    },
    "Who chooses the pod, and calls onward": {"service": Service, "ejects": Ejects, "calls": Call},
    **{heading: models_of(union) for heading, union in UNIONS.items()},
}  # fmt: skip


class Described(NamedTuple):
    """A field as a table has it."""

    of: str
    field: str
    unit: str
    default: str


def described(table: Table) -> Iterator[Described]:
    """Yield the fields of a table; its first column may name several kinds that share one."""
    for row in table.rows:
        of, (field, unit, default, meaning) = ("``", row) if len(row) == 4 else (row[0], row[1:])
        assert meaning
        for kind in of.split(", "):
            yield Described(kind.strip("`"), field.strip("`"), unit, default)


FIELD_TABLES = {table.heading: table for table in TABLES if "field" in table.head}


def test_every_group_of_fields_has_a_table() -> None:
    """Kinds of policies, their parts, servers, services and transports: none is forgotten, none is invented."""
    assert sorted(FIELD_TABLES) == sorted(MODELS)
    assert [heading.strip("`") for heading in FIELD_TABLES if heading.strip("`") in KINDS] == list(KINDS)


@pytest.mark.parametrize("heading", MODELS)
def test_every_field_stands_in_its_table_and_only_those(heading: str) -> None:
    """A field that is added, renamed or dropped changes the page."""
    found = [(row.of, row.field) for row in described(FIELD_TABLES[heading])]
    fields = {of: [name for name in model.model_fields if name != "kind"] for of, model in MODELS[heading].items()}
    assert sorted(found) == sorted((of, name) for of, names in fields.items() for name in names or [NOT_SAID])


def as_default(model: type[BaseModel], row: Described) -> Any:
    """Return what a table's default is for the field, read as a scenario's value would be."""
    field = model.model_fields[row.field]
    value = None if row.default == NOT_SAID else yaml.safe_load(row.default)
    alone: Any = create_model("Alone", **{row.field: (field.annotation, field)})  # type: ignore[call-overload]
    return getattr(alone(**{row.field: value}), row.field)


@pytest.mark.parametrize("heading", MODELS)
def test_the_defaults_are_those_of_the_code(heading: str) -> None:
    """Each stands as a person would write it; `needed` where there is none."""
    rows = [row for row in described(FIELD_TABLES[heading]) if row.field != NOT_SAID]
    for row in rows:
        model = MODELS[heading][row.of]
        field = model.model_fields[row.field]
        assert (row.default == "needed") == field.is_required(), row
        assert field.is_required() or as_default(model, row) == field.default, row


def test_every_unit_is_explained() -> None:
    """What stands in a column of units stands in the table of units, and is used."""
    used = {row.unit for table in FIELD_TABLES.values() for row in described(table)} - {NOT_SAID}
    assert {unit for unit, _ in rows_under("unit")} == used


@pytest.mark.parametrize("heading", UNIONS)
def test_every_kind_has_a_row_that_says_what_it_does(heading: str) -> None:
    """The first table of each part lists its kinds, in the order of the code."""
    (first, *_) = [table for table in TABLES if table.heading == heading and "field" not in table.head]
    assert [row[0].strip("`") for row in first.rows] == list(MODELS[heading])


def test_failures_columns_and_adversities_are_the_code_s() -> None:
    """Their tables have a row for each, in the order of the code."""
    assert [row[0].strip("`") for row in rows_under("failure")] == list(FAILURES)
    assert [row[0].strip("`") for row in rows_under("adversity")] == list(ADVERSITIES)
    assert [(row[0].strip("`"), row[2]) for row in rows_under("column")] == [
        (measure.label, measure.better) for measure in MEASURES
    ]


def named(name: str, also: tuple[str, ...]) -> str:
    """Return a name as the catalogues write it."""
    return f"`{name}`" + (f" (`{'`, `'.join(also)}`)" if also else "")


def held_by(name: str) -> str:
    """Return which tests run the real library beside a preset: those that name it. Everybody makes one attempt."""
    quoted = f'"{name}"'
    tests = [path.stem for path in sorted(LIBRARIES.glob("test_*.py")) if path.stem != "test_installed"]
    held = [test for test in tests if name != "none" and quoted in (LIBRARIES / f"{test}.py").read_text("utf-8")]
    return "yes: " + ", ".join(f"`{test}`" for test in held) if held else "no"


def catalogue_row(name: str) -> tuple[str, ...]:
    """Return a policy's row; of its source what stands before the details."""
    preset = policy_preset(name)
    source = re.split(r" \(|[;,]|: ", " ".join(preset.source.split()))[0]
    return preset.family, named(name, preset.also), describe(preset.policy), source, held_by(name)


def test_the_catalogue_is_that_of_the_presets() -> None:
    """Names, words, sources and who is held against the real library: row for row."""
    assert rows_under("family") == tuple(catalogue_row(name) for name in policy_preset_names())


LIMITS = ("dial_timeout", "tls_timeout", "total_timeout", "read_timeout", "keep_alive", "idle_timeout", "idle_max",
          "idle_per_host_max", "per_host_max", "propagates_deadline", "retry_stale")  # fmt: skip


def transport_row(name: str) -> tuple[str, ...]:
    """Return a transport's row; a dash where there is no limit, or no connection to keep."""
    entry = preset_entries("transports")[name]
    said = {"propagates_deadline": False, **entry["is"]}
    words = {"None": NOT_SAID, "True": "yes", "False": "no"}
    cells = (str(said.get(field)) for field in LIMITS)
    return named(name, tuple(entry.get("also", ()))), *(words.get(cell, cell) for cell in cells)


def test_the_transports_are_those_of_the_presets() -> None:
    """Each with every limit that it sets."""
    assert rows_under("transport") == tuple(map(transport_row, preset_entries("transports")))


BASE = {
    "version": "version: 1\nname: example\nwhy: An example of the page.\nrun: {duration: 1m}\n",
    "cluster": "cluster: {preset: k8s, nodes: {front: {}, back: {}}}\n",
    "workloads": "workloads: {api: {replicas: 1, serves: {takes: 40ms, at_once: 4}}}\n",
    "services": "services: {api: {of: api}}\n",
    "clients": "clients: {callers: {from: front, to: api, arrivals: {poisson: 70/s}}}\n",
}
"""What the examples of the page leave out, by section."""
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_every_example_is_a_part_of_a_valid_scenario(example: str, tmp_path: Path) -> None:
    """With the sections that it does not say, the loader takes it as it stands."""
    said = yaml.safe_load(example)
    text = "".join(part for section, part in BASE.items() if section not in said) + example
    document = load_text(Source("example.yaml", text, tmp_path))
    assert set(said.get("policies", ())) <= set(document.base.policies)


def test_there_are_examples() -> None:
    """The pattern above finds them."""
    assert len(EXAMPLES) == PAGE.count("```yaml") >= 5

"""`weatherglass validate FILE…`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

import typer

__all__ = ["FURTHER", "VALIDATE_HELP", "validate"]

FURTHER: dict[str, Callable[[str], bool]] = {}
"""What a file may be beside a scenario → whether it is that; raises ScenarioError if it is, and wrong.

Empty here: the real side adds its own (`chaos.cli`), which the simulator does not know.
"""

VALIDATE_HELP = """Check scenarios: every error with file, line and path.

All options are checked as strictly as the base. Exit code 2 if one scenario is wrong. A fault that only a real
cluster can do is no error; the options that have one are named, with the reason. A binding (the names of a real
cluster) is told from a scenario by its sections; one that extends: lab needs the lab.

\b
Examples:
  weatherglass validate my.yaml
  weatherglass validate scenarios/*.yaml
  weatherglass validate my.yaml staging.yaml
  cat my.yaml | weatherglass validate - --json
"""


def validate(
    scenarios: Annotated[
        list[str], typer.Argument(metavar="SCENARIO...", help="A path, - for standard input, or a shipped name.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="For machines: one object a scenario, as a list.")] = False,
) -> None:
    """Check scenarios and all their options. `VALIDATE_HELP` is what people read."""
    from sim.errors import ScenarioError

    rows: list[dict[str, object]] = []
    for scenario in scenarios:
        try:
            row, words = _checked(scenario)
        except ScenarioError as error:
            rows.append(_row(scenario, False, problems=[asdict(problem) for problem in error.problems]))
            if not as_json:
                typer.echo(str(error), err=True)
            continue
        rows.append(row)
        for line in () if as_json else words:
            typer.echo(line)
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    if not all(row["valid"] for row in rows):
        raise typer.Exit(2)


def _checked(source: str) -> tuple[dict[str, object], list[str]]:
    """Return what is found of a file that is right, for machines and in lines for people."""
    from sim.model.unsupported import options_not_simulated
    from sim.spec.load import load

    for kind, is_one in FURTHER.items():
        if is_one(source):
            return _row(source, True), [f"{source}: valid; a {kind}"]
    document = load(source)
    options, cannot = list(document.options), options_not_simulated(document)
    words = [f"{document.file}: valid; options: {', '.join(options)}"]
    words += [f"{document.file}: option {name} is for a real cluster alone: {why}" for name, why in cannot.items()]
    return _row(source, True, options=options, not_simulated=cannot), words


def _row(scenario: str, valid: bool, **found: object) -> dict[str, object]:
    return {"scenario": scenario, "valid": valid, "options": [], "not_simulated": {}, "problems": []} | found

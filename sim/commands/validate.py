"""`weatherglass validate SCENARIO…`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

__all__ = ["VALIDATE_HELP", "validate"]

VALIDATE_HELP = """Check scenarios: every error with file, line and path.

All options are checked as strictly as the base. Exit code 2 if one scenario is wrong. A fault that only a real
cluster can do is no error; the options that have one are named, with the reason.

\b
Examples:
  weatherglass validate my.yaml
  weatherglass validate scenarios/*.yaml
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
    from sim.model.unsupported import options_not_simulated
    from sim.spec.load import load

    rows: list[dict[str, object]] = []
    for scenario in scenarios:
        try:
            document = load(scenario)
        except ScenarioError as error:
            rows.append(_row(scenario, False, problems=[asdict(problem) for problem in error.problems]))
            if not as_json:
                typer.echo(str(error), err=True)
            continue
        options, cannot = list(document.options), options_not_simulated(document)
        rows.append(_row(scenario, True, options=options, not_simulated=cannot))
        if not as_json:
            typer.echo(f"{document.file}: valid; options: {', '.join(options)}")
            for option, why in cannot.items():
                typer.echo(f"{document.file}: option {option} is for a real cluster alone: {why}")
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    if not all(row["valid"] for row in rows):
        raise typer.Exit(2)


def _row(scenario: str, valid: bool, **found: object) -> dict[str, object]:
    return {"scenario": scenario, "valid": valid, "options": [], "not_simulated": {}, "problems": []} | found

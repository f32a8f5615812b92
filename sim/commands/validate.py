"""`weatherglass validate SCENARIO…`."""

from __future__ import annotations

import json
from typing import Annotated

import typer

__all__ = ["VALIDATE_HELP", "validate"]

VALIDATE_HELP = """Check scenarios: every error with file, line and path.

All options are checked as strictly as the base. Exit code 2 if one scenario is wrong.

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
    from sim.spec.load import load

    rows: list[dict[str, object]] = []
    for scenario in scenarios:
        try:
            document = load(scenario)
        except ScenarioError as error:
            problems = [{"file": p.file, "line": p.line, "path": p.path, "message": p.message} for p in error.problems]
            rows.append({"scenario": scenario, "valid": False, "options": [], "problems": problems})
            if not as_json:
                typer.echo(str(error), err=True)
            continue
        options = list(document.options)
        rows.append({"scenario": scenario, "valid": True, "options": options, "problems": []})
        if not as_json:
            typer.echo(f"{document.file}: valid; options: {', '.join(options)}")
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    if not all(row["valid"] for row in rows):
        raise typer.Exit(2)

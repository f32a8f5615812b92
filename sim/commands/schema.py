"""`weatherglass schema`."""

from __future__ import annotations

import json

import typer

__all__ = ["SCHEMA_HELP", "schema"]

SCHEMA_HELP = """Print the JSON Schema of the scenario language.

Editors complete and check a scenario whose first line names it, as `init` writes it:
# yaml-language-server: $schema=weatherglass-1.schema.json

\b
Example:
  weatherglass schema > weatherglass-1.schema.json
"""


def schema() -> None:
    """Print the JSON Schema of the scenario language. `SCHEMA_HELP` is what people read."""
    from sim.spec.schema import file_schema

    typer.echo(json.dumps(file_schema(), indent=2))

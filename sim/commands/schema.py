"""`weatherglass schema`."""

from __future__ import annotations

import json

import typer

__all__ = ["schema"]


def schema() -> None:
    """Print the JSON Schema of the scenario language."""
    from sim.spec.schema import file_schema

    typer.echo(json.dumps(file_schema(), indent=2))

"""`weatherglass init FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["INIT_HELP", "init"]

INIT_HELP = """Write a small commented scenario to start from.

The JSON Schema that it names is written beside it, so that editors complete and check it.

\b
Examples:
  weatherglass init my.yaml
  weatherglass validate my.yaml
  weatherglass compare my.yaml
"""


def init(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; one that is there stays as it is.")],
) -> None:
    """Write a scenario to start from and the schema that it names. `INIT_HELP` is what people read."""
    from sim.spec.template import write_template

    written = write_template(file)
    typer.echo("\n".join(f"wrote {path}" for path in written))
    typer.echo(f"Try: weatherglass validate {file}   then: weatherglass compare {file}", err=True)

"""`weatherglass init FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["init"]


def init(file: Annotated[Path, typer.Argument(help="The file to make; an existing one is never overwritten.")]) -> None:
    """Write a small commented scenario to start from, and the schema that it names, so that editors check it."""
    from sim.spec.template import write_template

    written = write_template(file)
    typer.echo("\n".join(f"wrote {path}" for path in written))
    typer.echo(f"Try: weatherglass validate {file}   then: weatherglass compare {file}", err=True)

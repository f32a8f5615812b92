"""The parameters that commands have in common, each said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.commands.output import Format

__all__ = ["AsJson", "Form", "Plots", "Processes", "ScenarioName"]

ScenarioName = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A path, - for standard input, or a shipped name.")
]
Plots = Annotated[Path | None, typer.Option(metavar="DIR", help="Write pictures (PNG) into this directory.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary rows as JSON and nothing else.")]
Form = Annotated[Format | None, typer.Option("-o", help="Print the summary rows as json or yaml.")]
Processes = Annotated[int | None, typer.Option(min=1, metavar="N", help="How many processes; else one per core.")]

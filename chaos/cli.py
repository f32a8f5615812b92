"""The console script `weatherglass`: the commands of the simulator, and those of the real side."""

from __future__ import annotations

from chaos.commands.chaos import CHAOS_HELP, experiments
from chaos.commands.lab import LAB_HELP, lab
from chaos.commands.validate import is_valid_binding
from sim.cli import app
from sim.cli import main as run
from sim.commands.validate import FURTHER

__all__ = ["app", "main"]

app.add_typer(lab, name="lab", help=LAB_HELP)
app.add_typer(experiments, name="chaos", help=CHAOS_HELP)
FURTHER["binding"] = is_valid_binding


def main() -> int:
    """Run the command line of this process and return its exit code."""
    return run()

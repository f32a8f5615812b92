"""The console script `weatherglass`: the commands of the simulator, and those of the real side."""

from __future__ import annotations

from chaos.commands.chaos import CHAOS_HELP, experiments
from chaos.commands.lab import LAB_HELP, lab
from sim.cli import app
from sim.cli import main as run

__all__ = ["app", "main"]

app.add_typer(lab, name="lab", help=LAB_HELP)
app.add_typer(experiments, name="chaos", help=CHAOS_HELP)


def main() -> int:
    """Run the command line of this process and return its exit code."""
    return run()

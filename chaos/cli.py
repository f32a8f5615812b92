"""The console script `weatherglass`: the commands of the simulator (those of the real side come with it)."""

from __future__ import annotations

from sim.cli import app
from sim.cli import main as run

__all__ = ["app", "main"]


def main() -> int:
    """Run the command line of this process and return its exit code."""
    return run()

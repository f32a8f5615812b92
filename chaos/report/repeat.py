"""The command that makes a run once more, and the one that undoes what is left of it."""

from __future__ import annotations

import shlex

from chaos.report.story import Story

__all__ = ["repeat_command", "undo_command"]


def repeat_command(story: Story) -> str:
    """Return a command line for a shell. A binding that the ledger does not name stands as BINDING."""
    info = story.info
    words = ["weatherglass", "chaos", "run", info.scenario, "--binding", story.binding or "BINDING"]
    return shlex.join([*words, "--option", info.option, "--seed", str(info.seed)])


def undo_command(story: Story) -> str:
    """Return the command that undoes what is left, from the run's directory."""
    return shlex.join(["weatherglass", "chaos", "undo", str(story.folder), "--binding", story.binding or "BINDING"])

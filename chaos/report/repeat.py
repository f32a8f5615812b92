"""The command that makes a run once more, and the one that undoes what is left of it."""

from __future__ import annotations

import shlex

from chaos.report.story import Story

__all__ = ["repeat_command", "undo_command"]


def repeat_command(story: Story) -> str:
    """Return the command line that makes the run once more; BINDING stands for a binding that no ledger names."""
    if story.again:
        return story.again
    info = story.info
    words = ["weatherglass", "chaos", "run", info.scenario, "--binding", story.binding or "BINDING"]
    return shlex.join([*words, "--option", info.option, "--seed", str(info.seed)])


def undo_command(story: Story) -> str:
    """Return the command that undoes what is left, from the run's directory."""
    words = ["weatherglass", "chaos", "undo", str(story.folder), "--binding", story.binding or "BINDING"]
    return shlex.join([*words, "--lab", story.lab] if story.lab else words)

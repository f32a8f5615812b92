"""What `weatherglass validate` does with a binding."""

from __future__ import annotations

__all__ = ["is_valid_binding"]


def is_valid_binding(source: str) -> bool:
    """Return whether a file is a binding. Raises ScenarioError, with every problem, if it is one and is wrong."""
    from chaos.binding import is_binding

    if not is_binding(source):
        return False
    from chaos.commands.chaos.options import LAB, bound_file
    from chaos.lab.errors import NoSuchLab
    from sim.errors import Problem, ScenarioError, UsageError

    try:
        bound_file(source, LAB)
    except (NoSuchLab, UsageError) as error:
        raise ScenarioError((Problem(source, None, "extends", str(error)),)) from None
    return True

"""The parameters that the commands have in common, and what they are turned into."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from chaos.binding import BoundFile
    from sim.plan import Plan

__all__ = ["LAB", "BindingName", "LabName", "OptionName", "ScenarioName", "Seed", "bound_file", "lab_file", "opened"]

ScenarioName = Annotated[str, typer.Argument(metavar="SCENARIO", help="A path, or a shipped name.")]
BindingName = Annotated[str, typer.Option("--binding", metavar="FILE", help="A path, or a shipped name.")]
OptionName = Annotated[str | None, typer.Option("--option", metavar="NAME", help="Else the first of the scenario.")]
LabName = Annotated[str, typer.Option("--lab", metavar="NAME", help="For a binding that extends: lab, which one.")]
Seed = Annotated[int | None, typer.Option("--seed", min=0, metavar="N", help="Of all choices; else the scenario's.")]

LAB = "lab"  # the name of a lab that was given none


def lab_file(name: str) -> Path:
    """Return the binding file of a lab. Raises NoSuchLab, UsageError for one that is not up yet."""
    from chaos.lab.record import Lab
    from chaos.lab.shape import shape
    from sim.errors import UsageError

    path = Lab.named(shape(name=name).name).site().folders.binding
    if not path.is_file():
        shown = f"weatherglass lab status --name {name}"
        raise UsageError(f"lab {name!r} is not up yet: it has no {path}; accepted: one that is Ready; see: {shown}")
    return path


def bound_file(binding: str, lab: str) -> BoundFile:
    """Return a binding; `lab`: which lab's, for one that extends it. `lab` itself is such a binding's name."""
    from chaos.binding import read_binding

    if binding == LAB and not Path(binding).exists():
        return read_binding(lab_file(lab))
    return read_binding(binding, lambda: lab_file(lab))


def opened(scenario: str, binding: str, lab: str, option: str | None, seed: int | None) -> tuple[BoundFile, Plan]:
    """Return the binding, and the plan of the scenario with its changes. Raises ScenarioError and UsageError."""
    from chaos.check import bound_plan

    file = bound_file(binding, lab)
    return file, bound_plan(scenario, file, option, seed)

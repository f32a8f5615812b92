"""A checked experiment as people read it: the whole plan, then what is to be known, then what speaks against it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chaos.check.experiment import Checked, Experiment
from chaos.check.lease import kill_switch
from chaos.check.planned import PlannedFault
from chaos.check.words import bound, when
from chaos.deeds import Deed
from sim.quantities import show_duration

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["WIDEST", "print_checked", "print_plan"]

WIDEST = 400
"""Columns. A command in a cell is pasted, a name is looked for with grep: neither should be folded if there is room."""


def print_checked(checked: Checked, console: Console, run: str) -> None:
    """Print the plan, the remarks and the refusals. `run`: the command that runs it, shown if it may be run."""
    print_plan(checked.experiment, console)
    if checked.remarks:
        console.print(_table("To be known", ("where", "what"), checked.remarks))
    if checked.refusals:
        columns = ("where", "looked for", "found", "accepted")
        console.print(_table(f"Refused: {len(checked.refusals)} reasons", columns, checked.refusals))
    else:
        console.print(f"Nothing speaks against it. To run it:\n  {run}", soft_wrap=True)


def print_plan(experiment: Experiment, console: Console) -> None:
    """Print what will be done, to what, and what remains. Nothing of it is secret."""
    _head(experiment, console)
    console.print(_faults(experiment))
    if differences := [(fault.name, fault.means.difference) for fault in experiment.faults if fault.means.difference]:
        console.print(_table("What differs from the simulation", ("fault", "how"), differences))
    targets = [(str(each.ref), each.uid) for each in experiment.targets]
    console.print(_table("Objects, which must still be these when it begins", ("object", "uid"), targets))
    remaining = [(e.what, e.ready, e.lost, e.remain, ", ".join(e.by) or "-") for e in experiment.left]
    columns = ("what", "Ready now", "lost at worst", "remain", "while")
    console.print(_table("What remains", columns, remaining))
    console.print(_table("Clients", ("client", "calls", "at", "through link", "policy"), _ways(experiment)))
    console.print(_table("Probes, during the whole run", ("probe", "must keep"), _probes(experiment)))
    console.print(_table("Limits", ("limit", "allowed"), _limits(experiment)))
    console.print(_rights(experiment))


def _head(experiment: Experiment, console: Console) -> None:
    scenario, plan, binding = experiment.scenario, experiment.plan, experiment.binding
    held = f"{experiment.holder.by}, since {experiment.holder.since}" if experiment.holder else "nobody"
    rows = {
        "scenario": f"{scenario.name}, option {plan.option}, seed {plan.seed}: {scenario.why.strip()}",
        "binding": f"{experiment.file.file} ({binding.name})",
        "cluster": f"context {binding.cluster.context}, {experiment.server}, Kubernetes {experiment.version}",
        "lease": f"held by {held}",
        "takes": f"{show_duration(scenario.run.warmup)} warm-up, {show_duration(scenario.run.duration)} run; "
        f"at worst {show_duration(experiment.worst_case_s)} with the last undo",
        "kill switch": kill_switch(binding),
    }
    for name, said in rows.items():
        console.print(f"{name:12} {said}", soft_wrap=True)
    console.print()


def _table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Table:

    from sim.analysis.tables.console import plain_table

    table: Table = plain_table(title)
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(str, row))
    return table


def _faults(experiment: Experiment) -> Table:
    columns = ("fault", "when", "what is done", "ends if we die")
    rows = [row for fault in experiment.faults for row in _fault(experiment, fault)]
    return _table("Faults", columns, rows)


def _fault(experiment: Experiment, fault: PlannedFault) -> Iterable[tuple[str, ...]]:
    """One row for the fault, and one for each deed that it is made of."""
    named, times = f"{fault.name} ({fault.kind})", when(experiment.plan, fault)
    yield (named, times, fault.means.how if not fault.refusals else "cannot be done, see below", "")
    for each in fault.deeds:
        yield ("", "", f"- {_said(each.deed)}", each.ends)


def _said(deed: Deed) -> str:
    """The deed in one line, and what it touches, if the line does not name that by itself."""
    title, touched = deed.title(), deed.touches()
    unsaid = [str(touch) for touch in touched if touch.name not in title]
    return f"{title} (touches {', '.join(unsaid)})" if unsaid else title


def _ways(experiment: Experiment) -> Iterable[tuple[str, ...]]:
    return [(way.client, way.service, way.url, way.link or "none", way.policy) for way in experiment.ways]


def _probes(experiment: Experiment) -> list[tuple[str, str]]:
    scenario = experiment.scenario
    found = [(f"steady {name}", bound(probe)) for name, probe in scenario.steady.items()]
    found += [(f"objective {name}", bound(probe)) for name, probe in scenario.objectives.items()]
    for name, real in experiment.binding.steady.items():
        found.append((f"steady {name}", real.query or f"{' '.join(real.command or ())} ends with 0"))
    return found


def _limits(experiment: Experiment) -> list[tuple[str, str]]:
    limits, stop = experiment.binding.limits, experiment.binding.stop
    never = "never"
    return [
        ("nodes at once", f"{limits.nodes}, and {limits.nodes_share:.0%} of all"),
        ("pods of a workload", f"{limits.replicas_share:.0%}" + (", also the last" if limits.last_replica else "")),
        ("control plane", "may be taken" if limits.control_plane else "stays"),
        ("one fault, the run", f"{show_duration(limits.fault)}, {show_duration(limits.duration)}"),
        ("hours (UTC)", limits.hours or "any"),
        ("stops when broken for", show_duration(stop.broken_for) if stop.broken_for is not None else never),
        ("stops when unknown for", show_duration(stop.unknown_for) if stop.unknown_for is not None else never),
        ("stops when the API is silent for", show_duration(stop.api_silent_for)),
    ]


def _rights(experiment: Experiment) -> str:
    have = sum(grant.is_granted for grant in experiment.grants)
    return f"Rights: {have} of {len(experiment.grants)} granted\n"

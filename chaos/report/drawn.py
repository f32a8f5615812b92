"""One moment of a run as a picture for a terminal: where it is, the steady state, the faults, the clients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from chaos.binding.probes import RealProbe
from chaos.clock import wall_text
from chaos.probes import Reading
from chaos.report.progress import ClientNow, FaultNow, Progress
from sim.analysis.reading import show
from sim.analysis.tables.console import plain_table
from sim.analysis.verdicts import bound_of
from sim.quantities import show_duration
from sim.spec.probes import Probe, metric_unit

__all__ = ["Asked", "asked_of", "drawn"]

_VERDICTS = {"held": "green", "broken": "bold red", "unknown": "bold yellow"}
_PHASES = {
    "preparing": "cyan", "baseline": "cyan", "running": "bold", "undoing": "bold yellow", "done": "green",
    "waiting": "dim", "injecting": "bold yellow", "on": "bold red", "undone": "green", "failed": "bold red",
    "skipped": "dim",
}  # fmt: skip
BAR_COLUMNS = 40
QUERY_MAX = 60  # characters of a query: enough to know it by


class Asked(NamedTuple):
    """What a probe asks, in words: its metric and subject, its bound, its unit."""

    what: str
    bound: str
    unit: str


def asked_of(steady: Mapping[str, Probe], real: Mapping[str, RealProbe]) -> dict[str, Asked]:
    """Return what each probe of a scenario and a binding asks."""
    ours = {
        name: Asked(f"{probe.metric} of {probe.of}", bound_of(probe), metric_unit(probe.metric))
        for name, probe in steady.items()
    }
    return ours | {name: _real(probe) for name, probe in real.items()}


def _real(probe: RealProbe) -> Asked:
    if probe.command is not None:
        return Asked(f"command {probe.command[0]}", "exit code 0", "count")
    sign, bound = ("≥", probe.at_least) if probe.at_least is not None else ("≤", probe.at_most or 0.0)
    query = " ".join((probe.query or "").split())
    return Asked(query if len(query) <= QUERY_MAX else query[: QUERY_MAX - 1] + "…", f"{sign} {bound:g}", "count")


def drawn(progress: Progress, asked: Mapping[str, Asked]) -> RenderableType:
    """Return the view of one moment."""
    return Group(*_parts(progress, asked))


def _parts(progress: Progress, asked: Mapping[str, Asked]) -> Iterable[RenderableType]:
    yield Text.assemble(
        (f"{progress.scenario}/{progress.option}  ", "bold"),
        (progress.phase, _PHASES[progress.phase]),
        f"  {wall_text()}",
    )
    yield _time(progress)
    if progress.stopping:
        yield Text(f"stopping: {progress.stopping}", style="bold red")
    if progress.probes:
        yield _probes(progress, asked)
        whys = [f"{name}: {each.why}" for name, each in progress.probes.items() if each.why]
        yield from (Text(why, style="dim") for why in [*whys, ""] if whys)
    if progress.faults:
        yield _faults(progress.faults, progress.t_s)
    if progress.clients:
        yield _clients(progress.clients)


def _time(progress: Progress) -> Table:
    line = Table.grid(padding=(0, 2))
    done = min(max(progress.t_s, 0.0), progress.end_s)
    bar = ProgressBar(total=progress.end_s, completed=done, width=BAR_COLUMNS)
    line.add_row(bar, Text(f"t = {progress.t_s:.1f} s of {show_duration(progress.end_s)}"))
    return line


def _probes(progress: Progress, asked: Mapping[str, Asked]) -> Table:
    table = plain_table("Steady state")
    table.add_column("probe", no_wrap=True)
    table.add_column("asks", overflow="fold")  # the one that gives way where there is little room
    table.add_column("bound", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("age", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for name, reading in progress.probes.items():
        of = asked.get(name, Asked("", "", "count"))
        age = f"{reading.age_s(progress.t_s):.1f} s"
        table.add_row(name, of.what, of.bound, show(reading.value, of.unit), age, _verdict(reading))
    return table


def _verdict(reading: Reading) -> Text:
    return Text(reading.verdict, style=_VERDICTS[reading.verdict])


def _faults(faults: Iterable[FaultNow], now_s: float) -> Table:
    table = plain_table("Faults")
    table.add_column("fault", no_wrap=True)
    table.add_column("kind", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("since", justify="right", no_wrap=True)
    table.add_column("next", justify="right", no_wrap=True)
    for fault in faults:
        since = "" if fault.phase == "waiting" else f"{max(0.0, now_s - fault.since_s):.0f} s"
        coming = "" if fault.next_s is None else f"in {max(0.0, fault.next_s - now_s):.0f} s"
        table.add_row(fault.name, fault.what, Text(fault.phase, style=_PHASES[fault.phase]), since, coming)
    return table


def _clients(clients: Iterable[ClientNow]) -> Table:
    table = plain_table("Clients, over the last seconds")
    table.add_column("client", no_wrap=True)
    table.add_column("offered", justify="right", no_wrap=True)
    table.add_column("answered well", justify="right", no_wrap=True)
    table.add_column("last failure", no_wrap=True)
    for client in clients:
        bad = client.goodput_per_s < client.offered_per_s
        good = Text(show(client.goodput_per_s, "1/s"), style="bold red" if bad else "green")
        table.add_row(client.name, show(client.offered_per_s, "1/s"), good, client.last_failure)
    return table

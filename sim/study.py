"""Many runs: replications of options over processes, as many as are asked for or as a precision needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sim.analysis.checks import check
from sim.analysis.comparison import Comparison, OptionResult, Simulation
from sim.analysis.precision import LEVEL, MOST, Precision, looks, widest
from sim.analysis.reading import counted
from sim.analysis.run_result import RunResult
from sim.analysis.steps import steps_of
from sim.errors import UsageError
from sim.model.unsupported import not_simulated, options_not_simulated
from sim.spec.load import Document, load
from sim.spec.scenario import BASE, Scenario
from sim.tasks import Job, Progress, Runs, tasks

__all__ = ["Precision", "Progress", "compare", "compare_each", "simulate", "simulate_many"]

RUNNER = "sim.run:simulate"


def simulate(
    source: Document | Scenario | Path | str,
    option: str | None = None,
    seed: int | None = None,
    *,
    trace: bool = False,
    out: Path | str | None = None,
) -> RunResult:
    """Return one run, for a notebook: its journal, which shows, draws and explains itself.

    `source`: a document, a scenario made in Python, a path, or the name of a scenario that ships. `option`: default
    the file's first; `seed`: default the scenario's. `trace`: record every attempt, which the story of a call needs.
    `out`: stream the journal into that new directory. Raises ScenarioError or UsageError for what cannot be run.
    """
    from sim.run import simulate as run

    if isinstance(source, Scenario):
        scenario, name = source, BASE if option is None else option
        _refuse(scenario, "the scenario")
    else:
        document = _document(source)
        name = _chosen(document, document.options[:1] if option is None else (option,))[0]
        scenario = document.option(name)
    first = scenario.run.seed if seed is None else seed
    journal = run(scenario, name, first, trace=trace, out=None if out is None else Path(out), started=_now())
    check(journal)
    return RunResult.of(journal)


def simulate_many(  # noqa: PLR0913 (what a command can be told is its parameters)
    source: Document | Path | str,
    option: str | None = None,
    *,
    replications: int = 1,
    seed: int | None = None,
    processes: int | None = None,
    out: Path | None = None,
    trace: bool = False,
    progress: Progress | None = None,
    runner: str = RUNNER,
) -> Simulation:
    """Return one option, simulated: replication i runs with `seed` + i (default: the scenario's seed).

    `source`: a document, a path, or the name of a scenario that ships. `option`: default the file's first. `out`: keep
    each journal in `out`/OPTION/seed-N. `runner`: `module:function` that makes a run. Raises ScenarioError or
    UsageError for an option that cannot be run, RunError if stopped at once.
    """
    document = _document(source)
    name = _chosen(document, document.options[:1] if option is None else (option,))[0]
    job = replace(Job.of([document], [name], runner, _now()), trace=trace, out=out)
    first = document.base.run.seed if seed is None else seed
    with Runs(job, processes, progress) as runs:
        runs.run(tasks(job, range(first, first + replications)))
    return Simulation(**_told(document, runs), note=counted(len(runs.done), "replication"))


def compare(  # noqa: PLR0913 (what a command can be told is its parameters)
    source: Document | Path | str,
    options: Sequence[str] | None = None,
    replications: int | None = None,
    precision: str | Precision | None = None,
    *,
    seed: int | None = None,
    processes: int | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
    runner: str = RUNNER,
) -> Comparison:
    """Return the options compared over the same seeds (default: all that can be run; differences against the first).

    `source`: a document, a path, or the name of a scenario that ships. `options` may be one name. `replications`:
    default the scenario's. `precision` (`METRIC=HALFWIDTH`) instead: between FEWEST and MOST. Ctrl-C
    ends it early with `interrupted` set. Raises ScenarioError or UsageError for options that cannot be run, RunError
    if not one replication of all options was done, SelfCheckFailed if a run contradicts itself.
    """
    if replications is not None and precision is not None:
        raise UsageError("compare: replications and precision were given; accepted: one of them")
    document = _document(source)
    names = _chosen(document, (options,) if isinstance(options, str) else options)
    wanted = Precision.parse(precision) if isinstance(precision, str) else precision
    job = replace(Job.of([document], names, runner, _now()), out=out)
    first = document.base.run.seed if seed is None else seed
    with Runs(job, processes, progress) as runs:
        if wanted is None:
            count = document.base.run.replications if replications is None else replications
            runs.run(tasks(job, range(first, first + count)))
            level, note = LEVEL, _asked_for(count) if runs.interrupted else ""
        else:
            level, note = _until_precise(runs, job, first, wanted, document.base)
    skipped = document.not_modelled | options_not_simulated(document) if options is None else {}
    return replace(_compared(document, runs, note), not_modelled=skipped, level=level)


def compare_each(
    documents: Sequence[Document],
    replications: int | None = None,
    *,
    seed: int | None = None,
    processes: int | None = None,
    progress: Progress | None = None,
    trace: bool = False,
    runner: str = RUNNER,
) -> tuple[Comparison, ...]:
    """Return one comparison a document, made together over the same processes, replication by replication.

    The documents, of different names, have the same options. `replications`, `seed`: default those of the first
    document, for all. Ctrl-C ends it early with `interrupted` set; a document of which no replication was whole by
    then is left out. Raises RunError if that is so for all of them, SelfCheckFailed as `compare`.
    """
    for document in documents:
        _chosen(document, documents[0].options)
    run = documents[0].base.run
    count = run.replications if replications is None else replications
    first = run.seed if seed is None else seed
    job = replace(Job.of(documents, documents[0].options, runner, _now()), trace=trace)
    with Runs(job, processes, progress) as runs:
        runs.run(tasks(job, range(first, first + count)))
    made = [document for document in documents if runs.has_whole(document.base.name)] or documents[:1]
    return tuple(_compared(document, runs, _asked_for(count) if runs.interrupted else "") for document in made)


def _asked_for(count: int) -> str:
    return f"{count} replications of each option were asked for"


def _compared(document: Document, runs: Runs, note: str) -> Comparison:
    told = _told(document, runs)
    made = [result.option for result in told["results"]]
    extends = {name: option.extends for name, option in document.base.options.items()}
    count = len(told["results"][0].replications)
    return Comparison(
        **told, builds_on=steps_of(extends, made), note=note or f"{counted(count, 'replication')} of each option"
    )


def _document(source: Document | Path | str) -> Document:
    return source if isinstance(source, Document) else load(source)


def _until_precise(runs: Runs, job: Job, first: int, wanted: Precision, base: Scenario) -> tuple[float, str]:
    """Replicate until the intervals are narrow enough; return their level and how it ended, in words."""
    made, level = 0, LEVEL
    for count, level in looks():
        runs.run(tasks(job, range(first + made, first + count)))
        made = count
        if runs.interrupted:
            return LEVEL, f"stopped; ± {wanted.half_width:g} of {wanted.metric} was not reached"
        if widest(runs.whole(base.name), wanted.metric, base.objectives, level) <= wanted.half_width:
            return level, f"{count} replications of each option gave ± {wanted.half_width:g} of {wanted.metric}"
    return level, f"{MOST} replications of each option did not give ± {wanted.half_width:g} of {wanted.metric}"


def _chosen(document: Document, options: Sequence[str] | None) -> tuple[str, ...]:
    """Return the options to run; default: all that can be, or those that can't where none can.

    Raises UsageError for one that is only listed or that cannot be simulated, ScenarioError for one unknown.
    """
    if options is None:
        cannot = options_not_simulated(document)
        options = [name for name in document.options if name not in cannot] or document.options
    if not options:
        raise UsageError(f"options: none was named; accepted: {', '.join(document.options)}")
    for name in options:
        if name in document.not_modelled:
            raise UsageError(f"options: {name} is listed, but cannot be run: {document.not_modelled[name]}")
        _refuse(document.option(name), f"option {name}")
    return tuple(dict.fromkeys(options))


def _refuse(scenario: Scenario, what: str) -> None:
    """Raise UsageError for a scenario with a fault that the simulated world cannot do."""
    why = not_simulated(scenario)
    if why is not None:
        raise UsageError(f"{what} cannot be simulated: {why}; accepted: without that fault, or a real cluster")


def _told(document: Document, runs: Runs) -> dict[str, Any]:
    base, whole = document.base, runs.whole(document.base.name)
    whys = {name: option.why for name, option in base.options.items()} | {BASE: base.why}
    return {
        "scenario": base.name,
        "why": base.why,
        "results": tuple(OptionResult(name, whys.get(name, ""), made) for name, made in whole.items()),
        "objectives": base.objectives,
        "steady": base.steady,
        "assumptions": base.assumptions,
        "interrupted": runs.interrupted,
    }


def _now() -> str:
    """Return the wall time that journals note as their start; nothing in a run depends on it."""
    return datetime.now(UTC).isoformat(timespec="seconds")

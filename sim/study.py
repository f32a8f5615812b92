"""Many runs: replications of options over processes, as many as are asked for or as a precision needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from sim.analysis.checks import check
from sim.analysis.comparison import Comparison, OptionResult, Simulation
from sim.analysis.precision import LEVEL, MOST, Precision, looks, widest
from sim.analysis.reading import counted
from sim.analysis.reduce import reduce
from sim.analysis.replication import Replication
from sim.analysis.run_result import RunResult
from sim.analysis.steps import steps_of
from sim.errors import RunError, UsageError
from sim.spec.load import Document, load
from sim.spec.probes import Probe
from sim.spec.scenario import BASE, Scenario
from sim.workers import Workers, available_cores

__all__ = ["Precision", "Progress", "compare", "simulate", "simulate_many"]

Progress = Callable[[int, int], object]  # runs done, runs in all
Task = tuple[str, int]  # option, seed
Replications = dict[Task, Replication]

RUNNER = "sim.run:simulate"
_PRELOAD = ("sim.run", "sim.study")


@dataclass(frozen=True, slots=True)
class _Job:
    """What every task of a study shares; sent to each worker once."""

    scenarios: dict[str, Scenario]
    runner: str
    started: str
    trace: bool
    out: Path | None


def replicate(job: _Job, task: Task) -> Replication:
    """Return one replication, checked and reduced; its journal stays where it was made."""
    option, seed = task
    module, _, name = job.runner.partition(":")
    run = getattr(import_module(module), name)
    out = None if job.out is None else job.out / option / f"seed-{seed}"
    journal = run(job.scenarios[option], option, seed, trace=job.trace, out=out, started=job.started)
    check(journal)
    return reduce(journal)


class _Study:
    """Does tasks and keeps what is done; after Ctrl-C nothing more is begun."""

    def __init__(self, job: _Job, processes: int | None, progress: Progress | None) -> None:
        self._job, self._progress = job, progress
        self._processes = available_cores() if processes is None else processes
        self._workers: Workers[_Job, Task, Replication] | None = None
        self.done: Replications = {}
        self.interrupted = False

    def __enter__(self) -> _Study:
        return self

    def __exit__(self, *gone: object) -> None:
        if self._workers is not None:
            self._workers.__exit__(*gone)

    def run(self, tasks: Sequence[Task]) -> None:
        """Do tasks; Ctrl-C ends it, and what is done stays."""
        total = len(self.done) + len(tasks)
        try:
            for task, replication in self._results(tasks):
                self.done[task] = replication
                if self._progress is not None:
                    self._progress(len(self.done), total)
        except KeyboardInterrupt:
            self.interrupted = True

    def _results(self, tasks: Sequence[Task]) -> Iterable[tuple[Task, Replication]]:
        if self._processes == 1 or (len(tasks) == 1 and self._workers is None):
            return ((task, replicate(self._job, task)) for task in tasks)
        if self._workers is None:
            count = min(self._processes, len(tasks))
            self._workers = Workers(count, replicate, self._job, _PRELOAD)
        return self._workers.map(tasks)

    def whole(self, options: Sequence[str]) -> dict[str, tuple[Replication, ...]]:
        """Return each option's replications over the seeds that all of them have, by seed.

        Raises RunError if there is no such seed: nothing to compare.
        """
        seeds = sorted({seed for _, seed in self.done})
        whole = [seed for seed in seeds if all((option, seed) in self.done for option in options)]
        if not whole:
            raise RunError("stopped before the first replication was done")
        return {option: tuple(self.done[option, seed] for seed in whole) for option in options}


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
    else:
        document = _document(source)
        name = _chosen(document, None if option is None else (option,))[0]
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
    name = _chosen(document, None if option is None else (option,))[0]
    job = _Job({name: document.option(name)}, runner, _now(), trace, out)
    first = document.base.run.seed if seed is None else seed
    with _Study(job, processes, progress) as study:
        study.run([(name, first + i) for i in range(replications)])
    return Simulation(**_told(document, study, [name]), note=counted(len(study.done), "replication"))


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
    job = _Job({name: document.option(name) for name in names}, runner, _now(), False, out)
    first = document.base.run.seed if seed is None else seed
    with _Study(job, processes, progress) as study:
        if wanted is None:
            count = document.base.run.replications if replications is None else replications
            study.run(_tasks(names, range(first, first + count)))
            level, note = LEVEL, f"{count} replications of each option were asked for" if study.interrupted else ""
        else:
            level, note = _until_precise(study, names, first, wanted, document.base.objectives)
    skipped = document.not_modelled if options is None else {}
    told = _told(document, study, names)
    count = len(told["results"][0].replications)
    extends = {name: option.extends for name, option in document.base.options.items()}
    told["builds_on"] = steps_of(extends, names)
    note = note or f"{counted(count, 'replication')} of each option"
    return Comparison(**told, not_modelled=skipped, level=level, note=note)


def _document(source: Document | Path | str) -> Document:
    return source if isinstance(source, Document) else load(source)


def _tasks(names: Sequence[str], seeds: Iterable[int]) -> list[Task]:
    """Seed by seed: what is stopped in the middle has whole pairs."""
    return [(name, seed) for seed in seeds for name in names]


def _until_precise(
    study: _Study, names: Sequence[str], first: int, wanted: Precision, objectives: Mapping[str, Probe]
) -> tuple[float, str]:
    """Replicate until the intervals are narrow enough; return their level and how it ended, in words."""
    made, level = 0, LEVEL
    for count, level in looks():
        study.run(_tasks(names, range(first + made, first + count)))
        made = count
        if study.interrupted:
            return LEVEL, f"stopped; ± {wanted.half_width:g} of {wanted.metric} was not reached"
        if widest(study.whole(names), wanted.metric, objectives, level) <= wanted.half_width:
            return level, f"{count} replications of each option gave ± {wanted.half_width:g} of {wanted.metric}"
    return level, f"{MOST} replications of each option did not give ± {wanted.half_width:g} of {wanted.metric}"


def _chosen(document: Document, options: Sequence[str] | None) -> tuple[str, ...]:
    """Return the options to run. Raises UsageError for one that is only listed, ScenarioError for one unknown."""
    if options is None:
        return document.options
    if not options:
        raise UsageError(f"options: none was named; accepted: {', '.join(document.options)}")
    for name in options:
        if name in document.not_modelled:
            raise UsageError(f"options: {name} is listed, but cannot be run: {document.not_modelled[name]}")
        document.option(name)
    return tuple(dict.fromkeys(options))


def _told(document: Document, study: _Study, names: Sequence[str]) -> dict[str, Any]:
    base, whole = document.base, study.whole(names)
    whys = {name: option.why for name, option in base.options.items()} | {BASE: base.why}
    return {
        "scenario": base.name,
        "why": base.why,
        "results": tuple(OptionResult(name, whys.get(name, ""), whole[name]) for name in names),
        "objectives": base.objectives,
        "steady": base.steady,
        "assumptions": base.assumptions,
        "interrupted": study.interrupted,
    }


def _now() -> str:
    """Return the wall time that journals note as their start; nothing in a run depends on it."""
    return datetime.now(UTC).isoformat(timespec="seconds")

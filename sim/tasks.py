"""The runs of a study: done over processes, kept as they come, whole when somebody stops them in the middle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from sim.analysis.checks import check
from sim.analysis.reduce import reduce
from sim.analysis.replication import Replication
from sim.errors import RunError
from sim.spec.load import Document
from sim.spec.scenario import Scenario
from sim.workers import Workers, available_cores

__all__ = ["Job", "Progress", "Replications", "Runs", "Task", "replicate", "tasks"]

Progress = Callable[[int, int], object]  # runs done, runs in all
Replications = dict[str, tuple[Replication, ...]]  # by option, sorted by seed

_PRELOAD = ("sim.run", "sim.tasks")


class Task(NamedTuple):
    """One run: which scenario, with which option, from which seed."""

    scenario: str
    option: str
    seed: int


@dataclass(frozen=True, slots=True)
class Job:
    """What every task of a study shares; sent to each worker once. `scenarios`: by (scenario, option)."""

    scenarios: dict[tuple[str, str], Scenario]
    runner: str  # `module:function` that makes a run
    started: str
    trace: bool = False
    out: Path | None = None  # keep journals in OUT/OPTION/seed-N; for one scenario only

    @classmethod
    def of(cls, documents: Iterable[Document], options: Sequence[str], runner: str, started: str) -> Job:
        """Return the job of running these options of each document."""
        chosen = {(d.base.name, option): d.option(option) for d in documents for option in options}
        return cls(chosen, runner, started)


def tasks(job: Job, seeds: Iterable[int]) -> list[Task]:
    """Return every run of a job, seed by seed: what is stopped in the middle has whole replications."""
    return [Task(scenario, option, seed) for seed in seeds for scenario, option in job.scenarios]


def replicate(job: Job, task: Task) -> Replication:
    """Return one replication, checked and reduced; its journal stays where it was made."""
    module, _, name = job.runner.partition(":")
    run = getattr(import_module(module), name)
    out = None if job.out is None else job.out / task.option / f"seed-{task.seed}"
    scenario = job.scenarios[task.scenario, task.option]
    journal = run(scenario, task.option, task.seed, trace=job.trace, out=out, started=job.started)
    check(journal)
    return reduce(journal)


class Runs:
    """Does tasks and keeps what is done; after Ctrl-C nothing more is begun. Use as a context manager."""

    def __init__(self, job: Job, processes: int | None, progress: Progress | None) -> None:
        self._job, self._progress = job, progress
        self._processes = available_cores() if processes is None else processes
        self._workers: Workers[Job, Task, Replication] | None = None
        self.done: dict[Task, Replication] = {}
        self.interrupted = False

    def __enter__(self) -> Runs:
        return self

    def __exit__(self, *gone: object) -> None:
        if self._workers is not None:
            self._workers.__exit__(*gone)

    def run(self, wanted: Sequence[Task]) -> None:
        """Do tasks; Ctrl-C ends it, and what is done stays."""
        total = len(self.done) + len(wanted)
        try:
            for task, replication in self._results(wanted):
                self.done[task] = replication
                if self._progress is not None:
                    self._progress(len(self.done), total)
        except KeyboardInterrupt:
            self.interrupted = True

    def _results(self, wanted: Sequence[Task]) -> Iterable[tuple[Task, Replication]]:
        if self._processes == 1 or (len(wanted) == 1 and self._workers is None):
            return ((task, replicate(self._job, task)) for task in wanted)
        if self._workers is None:
            count = min(self._processes, len(wanted))
            self._workers = Workers(count, replicate, self._job, _PRELOAD)
        return self._workers.map(wanted)

    def whole(self, scenario: str) -> Replications:
        """Return a scenario's replications by option, over the seeds that all its options have.

        Raises RunError if there is no such seed: nothing to compare.
        """
        options, seeds = self._options(scenario), self._seeds(scenario)
        if not seeds:
            raise RunError("stopped before the first replication was done")
        return {option: tuple(self.done[Task(scenario, option, seed)] for seed in seeds) for option in options}

    def has_whole(self, scenario: str) -> bool:
        """Tell whether any replication of a scenario was made with all its options."""
        return bool(self._seeds(scenario))

    def _options(self, scenario: str) -> list[str]:
        return [option for name, option in self._job.scenarios if name == scenario]

    def _seeds(self, scenario: str) -> list[int]:
        options = self._options(scenario)
        seeds = sorted({task.seed for task in self.done if task.scenario == scenario})
        return [seed for seed in seeds if all(Task(scenario, option, seed) in self.done for option in options)]

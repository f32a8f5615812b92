"""The runner: one experiment on a real cluster, from the lease to the last thing undone."""

from __future__ import annotations

from chaos.report.progress import ClientNow, FaultNow, Progress
from chaos.runner.outcome import Ended, Stopped
from chaos.runner.run import run_experiment

__all__ = ["ClientNow", "Ended", "FaultNow", "Progress", "Stopped", "run_experiment"]

"""The observer: a real cluster's journal, written with the simulator's words."""

from __future__ import annotations

from chaos.observer.facts import Fact, Facts
from chaos.observer.names import Names, Workload
from chaos.observer.observer import Observer

__all__ = ["Fact", "Facts", "Names", "Observer", "Workload"]

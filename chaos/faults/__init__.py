"""Faults for real: by which deeds each is raised in an environment, or why it cannot be raised there."""

from __future__ import annotations

from chaos.faults.base import Gone, Means, MeansOf, Scene, Unsupported
from chaos.faults.table import MEANS, means

__all__ = ["MEANS", "Gone", "Means", "MeansOf", "Scene", "Unsupported", "means"]

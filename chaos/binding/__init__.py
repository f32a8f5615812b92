"""The binding: the names of one real environment, and what an experiment may do to it."""

from __future__ import annotations

from chaos.binding.limits import Limits, StopWhen
from chaos.binding.model import (
    Allow,
    Binding,
    BoundClient,
    BoundNode,
    BoundServer,
    BoundService,
    BoundWorkload,
    Cluster,
    Images,
    Prometheus,
    Proxied,
    Toxiproxy,
)
from chaos.binding.probes import RealProbe
from chaos.binding.read import BoundFile, is_binding, read_binding
from chaos.binding.touch import TargetRefused, Touch

__all__ = [
    "Allow",
    "Binding",
    "BoundClient",
    "BoundFile",
    "BoundNode",
    "BoundServer",
    "BoundService",
    "BoundWorkload",
    "Cluster",
    "Images",
    "Limits",
    "Prometheus",
    "Proxied",
    "RealProbe",
    "StopWhen",
    "TargetRefused",
    "Touch",
    "Toxiproxy",
    "is_binding",
    "read_binding",
]

"""The simulated cluster: nodes, control plane, pods and endpoints. `ClusterModel` is its public face."""

from __future__ import annotations

from sim.model.cluster.endpoints import Endpoint, Endpoints
from sim.model.cluster.model import ClusterModel, Phases

__all__ = ["ClusterModel", "Endpoint", "Endpoints", "Phases"]

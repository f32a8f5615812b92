"""Choosing a pod for each request, as the proxies of a mesh do, and leaving out those that fail."""

from sim.model.traffic.balance.balanced import Balanced

__all__ = ["Balanced"]

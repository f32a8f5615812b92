"""HTTP/1.1 as a policy needs it: our own pool, every limit of a transport honoured, every failure by its name."""

from __future__ import annotations

from chaos.transport.attempt import Attempt, Caller
from chaos.transport.failures import LocalShortage
from chaos.transport.pool import Pool
from chaos.transport.target import Target

__all__ = ["Attempt", "Caller", "LocalShortage", "Pool", "Target"]

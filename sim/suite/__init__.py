"""Policies against adversities: which ship, how they are scaled, and the survey that compares policies under them."""

from __future__ import annotations

from sim.suite.adversities import ADVERSITIES, Sizes
from sim.suite.compare import compare_policies
from sim.suite.policies import POLICIES

__all__ = ["ADVERSITIES", "POLICIES", "Sizes", "compare_policies"]

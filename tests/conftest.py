"""Shared settings of the test suite."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# the machines that run this are shared: a slow example is no finding, and examples are the same everywhere
settings.register_profile(
    "repeatable", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("repeatable")

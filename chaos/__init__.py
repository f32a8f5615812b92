"""Weatherglass on a real cluster: raise the storm that `sim` forecast, and measure. So far: the console script."""

from __future__ import annotations

"""The components of the lab, one module each: pure functions from a site (and a place) to a component."""

from __future__ import annotations

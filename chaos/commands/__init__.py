"""The commands of the real side, one module each. They are thin: what they do stands in the packages beside."""

from __future__ import annotations

"""The commands, one module each. They import typer and the standard library only; the rest is imported inside.

`--help` reads every signature here and must load neither pydantic nor numpy.
"""

from __future__ import annotations

"""The commands, one module each. They import typer and the standard library; all else inside the function that needs it.

`--help` reads every signature here and must load neither pydantic nor numpy.
"""

from __future__ import annotations

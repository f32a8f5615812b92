"""Runs a tool of this machine to its end: `ip`, `mount`, `ctr`."""

from __future__ import annotations

import subprocess

from chaos.lab.errors import LabError

__all__ = ["invoke"]

LIMIT_S = 30.0  # assumption: these tools answer in milliseconds; a machine that stands still must not hang us for ever


def invoke(*argv: str, given: str | None = None, limit_s: float = LIMIT_S) -> str:
    """Return what a tool printed. `given`: its standard input.

    Raises LabError with the command and the tool's own words if it fails, is not there or takes longer than `limit_s`.
    """
    shown = " ".join(argv)
    try:
        done = subprocess.run(argv, input=given, capture_output=True, encoding="utf-8", check=False, timeout=limit_s)
    except FileNotFoundError:
        raise LabError(f"{shown}: {argv[0]} is not on this machine") from None
    except subprocess.TimeoutExpired:
        raise LabError(f"{shown}: no end after {limit_s:g} s") from None
    if done.returncode != 0:
        raise LabError(f"{shown}: exit code {done.returncode}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout

"""Writes small files whole: whoever reads one finds the old text or the new one, after a crash too."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["HALF", "write_whole"]

HALF = ".new"  # the ending of a file that is being written


def write_whole(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file beside its place and rename it; when this returns it is on disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(path.name + HALF)
    handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    half.rename(path)

"""Locks between processes: a file that is there only while somebody holds it or waits for it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

__all__ = ["Held", "locked"]


class Held(Exception):
    """Somebody else holds the lock; `holder` is what he wrote into it."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock at a path; its file goes when it is given back. Raises Held if `wait` is false and it is taken.

    The lock goes with its process, however that ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _ours(path, wait) as file:
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def _ours(path: Path, wait: bool) -> IO[str]:
    """Open and lock the file; one that was removed meanwhile, by who held it before, is no lock any more."""
    while True:
        file = path.open("a+", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with file:
                file.seek(0)
                raise Held(file.read()) from None
        if _is_at(file, path):
            file.truncate(0)
            return file
        file.close()


def _is_at(file: IO[str], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False

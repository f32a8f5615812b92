"""The cache of parts: one folder per part and version, whole or not there at all.

A part is made in a sibling folder, sealed by a manifest of its programs' checksums and renamed into place, all under a
lock. So whoever finds a folder without the `.partial` ending finds a finished part; one with it is what a crash left.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from chaos.lab.errors import LabError
from chaos.lab.parts.catalogue import CachedPart
from chaos.lab.parts.report import Report

__all__ = ["Cache", "cache_root", "full_disk", "sha256_of"]

MANIFEST = "manifest.json"


def cache_root(environ: Mapping[str, str]) -> Path:
    """Return the cache: `$WEATHERGLASS_CACHE`, else `$XDG_CACHE_HOME/weatherglass`, else `~/.cache/weatherglass`.

    A relative `$XDG_CACHE_HOME` is ignored (XDG base directory specification 0.8).
    """
    if own := environ.get("WEATHERGLASS_CACHE"):
        return Path(own).absolute()
    if (xdg := environ.get("XDG_CACHE_HOME")) and os.path.isabs(xdg):
        return Path(xdg) / "weatherglass"
    return Path(environ.get("HOME") or os.path.expanduser("~")) / ".cache" / "weatherglass"


class Cache:
    """The parts under one root folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.parts = root / "parts"

    def programs(self, part: CachedPart) -> dict[str, Path]:
        """Return where the programs of `part` are, or will be."""
        return {program: self.parts / part.folder / part.place(program) for program in part.programs}

    def flaw(self, part: CachedPart, *, verify: bool = False) -> str | None:
        """Return what is wrong with `part` in the cache; None if it is there, whole, and made by today's recipe.

        Each program is compared with the manifest by size and modification time, and by sha256 where these differ or
        `verify` asks for it.
        """
        folder = self.parts / part.folder
        manifest = _manifest(folder)
        if manifest is None:
            return "left half-made" if folder.exists() or self._partials(part) else "not there yet"
        if manifest["recipe"] != part.recipe():
            return "made by another recipe"
        sealed = manifest["programs"]
        differ = [name for name, path in self.programs(part).items() if not _unchanged(path, sealed[name], verify)]
        return f"not as its checksum says: {', '.join(differ)}" if differ else None

    @contextmanager
    def lock(self, part: CachedPart, report: Report) -> Iterator[None]:
        """Hold the lock of `part`; one process makes it, others wait and are told so."""
        file = self.parts / f"{part.folder}.lock"
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            advice = "set WEATHERGLASS_CACHE to a folder that can be written"
            raise LabError(f"{file}: {error.strerror}; {advice}") from error
        try:
            _wait_for(handle, part.name, report)
            yield
        finally:
            os.close(handle)  # and with it the lock

    @contextmanager
    def fresh(self, part: CachedPart) -> Iterator[Path]:
        """Give an empty folder to make `part` in; at the end seal it and put it into place.

        The caller holds the lock. Whatever fails, nothing half-made stays; a disk that fills up is a `LabError`. The
        folder has another name each time: after a kill -9 of the maker, its compiler may go on writing for a while.
        """
        for leftover in self._partials(part):
            shutil.rmtree(leftover, ignore_errors=True)
        self._room_for(part)
        with _full_disk_told(part.name, self.parts):
            partial = Path(tempfile.mkdtemp(prefix=f"{part.folder}.", suffix=".partial", dir=self.parts))
            try:
                yield partial
                _seal(partial, part)
                self._put_into_place(partial, part)
            finally:
                shutil.rmtree(partial, ignore_errors=True)

    def _partials(self, part: CachedPart) -> list[Path]:
        return sorted(self.parts.glob(f"{part.folder}.*.partial"))

    def _put_into_place(self, partial: Path, part: CachedPart) -> None:
        folder = self.parts / part.folder
        if folder.exists():
            shutil.rmtree(folder)
        partial.chmod(0o755)  # mkdtemp's are for their owner alone
        partial.rename(folder)

    def _room_for(self, part: CachedPart) -> None:
        free_mib = shutil.disk_usage(self.parts).free >> 20
        if free_mib < part.space_mib:
            raise LabError(
                f"{part.name}: needs {part.space_mib} MiB in {self.parts}, where {free_mib} MiB are free; "
                "free some room there or set WEATHERGLASS_CACHE to a folder on another disk"
            )


def full_disk(name: str, *places: Path) -> LabError:
    """Return the error that says that a disk ran full while `name` was made, and how much room each of `places` has."""
    rooms = ", ".join(f"{place} ({shutil.disk_usage(place).free >> 20} MiB free)" for place in places if place.is_dir())
    return LabError(
        f"{name}: no space left on the disk, nothing was kept; it is made in {rooms}. Free some room, try again"
    )


@contextmanager
def _full_disk_told(name: str, place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise full_disk(name, place) from error


def sha256_of(file: Path) -> str:
    """Return the checksum of a file's bytes, in hexadecimal digits."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _wait_for(handle: int, name: str, report: Report) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        report.step(name, f"waiting for process {os.pread(handle, 20, 0).decode() or '?'}, which is making it")
        fcntl.flock(handle, fcntl.LOCK_EX)
    with suppress(OSError):  # only a word to whoever waits; a full disk is told where the part is made
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # ValueError: cut off by a crash of the machine
        return None
    return found


def _seal(folder: Path, part: CachedPart) -> None:
    programs = {program: folder / part.place(program) for program in part.programs}
    sealed = {program: {"sha256": sha256_of(path), **_looks(path)} for program, path in programs.items()}
    told = {"part": part.name, "version": part.version, "recipe": part.recipe(), "programs": sealed}
    (folder / MANIFEST).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def _looks(path: Path) -> dict[str, int]:
    status = path.stat()
    return {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns}


def _unchanged(path: Path, sealed: Mapping[str, object], verify: bool) -> bool:
    if not path.is_file():
        return False
    same_looks = all(sealed[key] == value for key, value in _looks(path).items())
    return (same_looks and not verify) or sealed["sha256"] == sha256_of(path)

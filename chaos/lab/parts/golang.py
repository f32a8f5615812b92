"""Building a part from Go modules, with every module's checksum verified by the go.sum that we ship.

The build runs in a copy of the part's sources (the package may lie where nobody may write), with `-mod=readonly`: no
module comes in that the go.sum does not know. The user's GOPROXY, GOFLAGS and the like stay as they are.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from chaos.lab.errors import LabError
from chaos.lab.parts.cache import full_disk
from chaos.lab.parts.catalogue import GoPart
from chaos.lab.parts.report import Report

__all__ = ["build", "environment"]

TAIL_LINES = 15
MAJOR_VERSION = re.compile(r"v[2-9]\d*")

CACHES = {"GOCACHE": "go-build", "GOMODCACHE": "go-mod"}
"""Go's own caches, and the folders of our cache that stand in where the user's can't be written."""

UNREACHABLE = "no such host|i/o timeout|connection refused|network is unreachable|proxyconnect"
HINTS = (
    (
        "checksum mismatch",
        "This is not the module that our go.sum was written for: don't use it. Is the proxy trustworthy?",
    ),
    (
        UNREACHABLE,
        "The module proxy can't be reached; `go env GOPROXY` shows which it is, GOPROXY=URL sets another one.",
    ),
)
"""What a failure of `go` means: a pattern in its output, and what to do."""


def build(part: GoPart, command: Path, into: Path, report: Report) -> None:
    """Build the programs of `part` with the Go command `command`, and lay them into `into/bin`.

    Works in `into/work` and removes it. Raises `LabError` with the end of Go's output if the build fails.
    """
    work = into / "work"
    sources, scratch, made = work / "sources", work / "scratch", work / "made"
    for folder in (sources, scratch, made):
        folder.mkdir(parents=True)
    for file in part.sources():
        shutil.copy(file, sources)
    go = _Go(part, command, sources, environment(part, command, scratch, into), report)
    packages = tuple(part.programs.values())
    count = len(go.run("list", "-mod=readonly", "-deps", *packages).splitlines())
    go.run("build", *_flags(part), "-v", "-o", f"{made}{os.sep}", *packages, count=count)
    _lay_out(part, made, into)
    shutil.rmtree(work)


@dataclass(frozen=True, slots=True)
class _Go:
    """The Go command, for one part in one folder of sources."""

    part: GoPart
    command: Path
    sources: Path
    environment: Mapping[str, str]
    report: Report

    def run(self, *words: str, count: int = 0) -> str:
        """Run `go words…`, reporting what it downloads and compiles (of `count` packages), and return its output."""
        command = [str(self.command), *words]
        with tempfile.TemporaryFile("w+", dir=self.environment["GOTMPDIR"]) as output:
            running = subprocess.Popen(
                command, cwd=self.sources, env=self.environment, stdout=output, stderr=subprocess.PIPE, text=True
            )
            with running:
                try:
                    said = "\n".join(self._heard(running, count))
                except BaseException:  # also a Ctrl-C: no build goes on that nobody waits for
                    running.terminate()
                    raise
            if running.returncode != 0:
                raise self._failure(command, said)
            output.seek(0)
            return output.read()

    def _heard(self, running: subprocess.Popen[str], count: int) -> Iterator[str]:
        assert running.stderr is not None
        compiled = 0
        for line in map(str.rstrip, running.stderr):
            if line.startswith("go: downloading "):
                self.report.step(self.part.name, line.removeprefix("go: "))
            elif " " not in line:  # `-v` names each package that is compiled, on a line of its own
                compiled += 1
                self.report.step(self.part.name, f"compiling {compiled} of at most {count} packages")
            yield line

    def _failure(self, command: list[str], said: str) -> LabError:
        if "no space left on device" in said:
            return full_disk(self.part.name, *(Path(self.environment[name]) for name in ("GOTMPDIR", *CACHES)))
        hint = next((f"\n{what}" for pattern, what in HINTS if re.search(pattern, said)), "")
        tail = "\n".join(said.splitlines()[-TAIL_LINES:])
        return LabError(f"{self.part.name} could not be built. `{' '.join(command)}` said:\n{tail}{hint}")


def _flags(part: GoPart) -> list[str]:
    variables = " ".join(f"-X {name}={value}" for name, value in part.variables.items())
    return [
        "-mod=readonly",
        "-trimpath",  # the same bytes wherever it is built
        "-buildvcs=false",
        f"-tags={','.join(part.tags)}",
        f"-ldflags=-s -w {variables}".rstrip(),  # no symbol table, no DWARF: a third smaller
    ]


def environment(part: GoPart, command: Path, scratch: Path, into: Path) -> dict[str, str]:
    """Return the variables that Go builds `part` with: the user's, and what the same bytes everywhere depend on.

    Go's caches are the user's. Where those can't be written (no HOME, or a read-only one) they are beside the parts.
    """
    ours = {
        "CGO_ENABLED": str(int(part.cgo)),
        "GOTMPDIR": str(scratch),  # so that nothing half-made stays elsewhere
        "GOTOOLCHAIN": "local",  # the Go that was chosen, not another one that it would download
        "GOWORK": "off",
    }
    root = into.parents[1]  # of the cache: parts/NAME-VERSION.partial below it
    places = {variable: (_go_env(command, variable), root / folder) for variable, folder in CACHES.items()}
    caches = {name: users if _can_be_made(users) else str(other) for name, (users, other) in places.items()}
    return {**os.environ, **ours, **caches}


def _go_env(command: Path, variable: str) -> str:
    return subprocess.run([command, "env", variable], check=False, capture_output=True, text=True).stdout.strip()


def _can_be_made(place: str) -> bool:
    if not os.path.isabs(place):
        return False
    folder = Path(place)
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK)


def _lay_out(part: GoPart, made: Path, into: Path) -> None:
    """Move the binaries into `into/bin` under our names (Go calls them by their package)."""
    (into / "bin").mkdir()
    if len(part.programs) == 1:
        [built], [program] = list(made.iterdir()), list(part.programs)
        built.rename(into / "bin" / program)
        return
    for program, package in part.programs.items():
        (made / _go_name(package)).rename(into / "bin" / program)


def _go_name(package: str) -> str:
    """Return what Go calls the binary of a package: its last folder, but for a major version (`go help build`)."""
    path = PurePosixPath(package)
    return path.parent.name if MAJOR_VERSION.fullmatch(path.name) else path.name

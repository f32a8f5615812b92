"""The parts of the lab as values: what `versions.toml` says, checked.

A part is what is brought at once (`kubernetes`), a program is one binary of it (`kubelet`). `ensure` takes the names of
both.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from sim.errors import UsageError

__all__ = [
    "CachedPart",
    "Catalogue",
    "GoPart",
    "Need",
    "OnPath",
    "Part",
    "SystemPart",
    "WheelPart",
    "catalogue",
    "read",
]

HERE = Path(__file__).parent
VERSION_QUESTION = ("--version",)
BESIDE_THE_BINARIES = frozenset({"source", "space_mib", "needs", "on_path", "ask"})
"""What a part says that does not change its binaries (`source` is a place; its files are digested one by one)."""


@dataclass(frozen=True, slots=True)
class OnPath:
    """When a program on the PATH is as good as ours: `at_least` ≤ its version < `below`, and its answer has `says`."""

    at_least: str
    below: str | None = None
    says: str = ""


@dataclass(frozen=True, slots=True)
class Need:
    """What a build takes from the machine: a `command`, or a library that pkg-config knows. `apt`: Debian's package."""

    apt: str
    command: str | None = None
    pkg_config: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What all kinds of parts have: a name, its programs, and how to ask one of them for its version."""

    name: str
    programs: Mapping[str, str]
    ask: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    on_path: OnPath | None = None

    def question(self, program: str) -> tuple[str, ...]:
        """Return the arguments that make `program` tell its version."""
        return self.ask.get(program, VERSION_QUESTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedPart(Part):
    """A part that we bring into the cache: in one version, taking `space_mib` there."""

    version: str
    space_mib: int
    needs: tuple[Need, ...] = ()

    @property
    def folder(self) -> str:
        """Return the name of its folder in the cache."""
        return f"{self.name}-{self.version}"

    def place(self, program: str) -> str:
        """Return where a program is in the part's folder."""
        return f"bin/{program}"

    def sources(self) -> tuple[Path, ...]:
        """Return the files that it is made of, in a fixed order."""
        return ()

    def recipe(self) -> str:
        """Return a digest of all that decides what the binaries are: another digest, another build."""
        told = {key: value for key, value in asdict(self).items() if key not in BESIDE_THE_BINARIES}
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
        for file in self.sources():
            digest.update(f"\n{file.name}\n".encode())
            digest.update(file.read_bytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class GoPart(CachedPart):
    """A part built from Go modules. `source` holds its go.mod, go.sum and Go files, if it has files of its own."""

    source: Path
    cgo: bool = False
    tags: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def go_version(self) -> str:
        """Return the oldest Go that builds it, from the `go` line of its go.mod."""
        lines = (self.source / "go.mod").read_text().splitlines()
        return next(line.split()[1] for line in lines if line.startswith("go "))

    def sources(self) -> tuple[Path, ...]:
        """Return the files that the build is made of, in a fixed order."""
        return tuple(sorted(path for path in self.source.iterdir() if _is_source(path)))


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelPart(CachedPart):
    """A part that a wheel on PyPI brings: `distribution` in `version`, one of the `sha256`."""

    distribution: str
    sha256: tuple[str, ...]

    def place(self, program: str) -> str:
        """Return where a program is in the part's folder: where the wheel has it."""
        return self.programs[program]


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPart(Part):
    """A program of the distribution: only looked for. `apt` is Debian's package."""

    apt: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All parts, by name, in the order of the file."""

    parts: Mapping[str, Part]

    def __iter__(self) -> Iterator[Part]:
        return iter(self.parts.values())

    def part_of(self, name: str) -> Part:
        """Return the part of that name, or the one that has a program of that name."""
        if name in self.parts:
            return self.parts[name]
        for part in self:
            if name in part.programs:
                return part
        known = sorted({*self.parts, *(program for part in self for program in part.programs)})
        raise UsageError(f"no part of the lab is called {name!r}; there are {', '.join(known)}")

    def parts_of(self, names: Sequence[str]) -> tuple[Part, ...]:
        """Return the parts that hold all these names, each once, in the order of the file."""
        wanted = {self.part_of(name).name for name in names}
        return tuple(part for part in self if part.name in wanted)


@cache
def catalogue() -> Catalogue:
    """Return the parts that this version of the lab is made of (`versions.toml` beside this module)."""
    return read(HERE / "versions.toml")


def read(file: Path) -> Catalogue:
    """Return the parts that `file` lists. Sources are sought beside it, in `modules/NAME` where it names none."""
    told = tomllib.loads(file.read_text(encoding="utf-8"))
    parts: list[Part] = [_go(name, row, file.parent) for name, row in told.get("go", {}).items()]
    parts += [_wheel(name, row) for name, row in told.get("wheel", {}).items()]
    parts += [_system(name, row) for name, row in told.get("system", {}).items()]
    return Catalogue({part.name: part for part in parts})


def _go(name: str, row: Mapping[str, Any], beside: Path) -> GoPart:
    variables = {key: value.format(version=row["version"]) for key, value in row.get("variables", {}).items()}
    return GoPart(
        **_alike(name, row),
        needs=tuple(Need(**need) for need in row.get("needs", ())),
        source=beside / row.get("source", f"modules/{name}"),
        cgo=row.get("cgo", False),
        tags=tuple(row.get("tags", ())),
        variables=variables,
    )


def _alike(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that both kinds of cached parts have."""
    return {
        "name": name,
        "programs": row["programs"],
        "ask": {program: tuple(words) for program, words in row.get("ask", {}).items()},
        "on_path": OnPath(**row["on_path"]) if "on_path" in row else None,
        "version": row["version"],
        "space_mib": row["space_mib"],
    }


def _wheel(name: str, row: Mapping[str, Any]) -> WheelPart:
    return WheelPart(
        **_alike(name, row),
        distribution=row["distribution"],
        sha256=tuple(row["sha256"]),
    )


def _system(name: str, row: Mapping[str, Any]) -> SystemPart:
    ask = {name: tuple(row["ask"])} if "ask" in row else {}
    return SystemPart(name=name, programs={name: name}, ask=ask, on_path=OnPath(row["at_least"]), apt=row["apt"])


def _is_source(path: Path) -> bool:
    return path.name in {"go.mod", "go.sum"} or (path.suffix == ".go" and not path.name.endswith("_test.go"))

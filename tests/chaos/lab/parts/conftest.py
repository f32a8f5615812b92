"""A part that builds in a second: a Go module of the tests' own, with nothing to download."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from chaos.lab.parts.cache import Cache
from chaos.lab.parts.catalogue import GoPart, WheelPart

MAIN = 'package main\n\nimport "os"\n\nvar version = "unset"\n\nfunc main() { os.Stdout.WriteString(version) }\n'


class Heard:
    """A report that remembers."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, str]] = []
        self.finished: list[str] = []

    def step(self, part: str, text: str) -> None:
        self.steps.append((part, text))

    def done(self, part: str, seconds: float) -> None:
        assert seconds >= 0
        self.finished.append(part)


@pytest.fixture
def heard() -> Heard:
    """A report that nobody has told anything yet."""
    return Heard()


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    """An empty cache, whose folder is not made yet."""
    return Cache(tmp_path / "cache")


@pytest.fixture
def tiny(tmp_path: Path) -> GoPart:
    """A program that writes the version that it was told at link time."""
    if shutil.which("go") is None:
        pytest.skip("building needs a Go toolchain on the PATH")
    source = tmp_path / "tiny"
    source.mkdir()
    (source / "go.mod").write_text("module weatherglass.local/tiny\n\ngo 1.21\n")
    (source / "main.go").write_text(MAIN)
    (source / "main_test.go").write_text("package main\n")
    programs = {"tiny-one": "."}
    return GoPart(
        name="tiny",
        programs=programs,
        version="1.2.3",
        space_mib=1,
        source=source,
        variables={"main.version": "v1.2.3"},
    )


@pytest.fixture
def toolchain() -> WheelPart:
    """A Go wheel that does not exist: the PATH's Go has to do."""
    return WheelPart(
        name="go",
        programs={"go": "go/bin/go"},
        version="0",
        space_mib=1,
        distribution="none",
        sha256=(),
        ask={"go": ("version",)},
    )

from __future__ import annotations

import os
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.lab.errors import LabError
from chaos.lab.parts.bring import bring_parts
from chaos.lab.parts.cache import Cache
from chaos.lab.parts.catalogue import GoPart, WheelPart
from chaos.lab.parts.golang import environment
from chaos.lab.parts.on_path import which

from .conftest import Heard

LIBRARY = "weatherglass.local/library"
SUMS = f"""\
{LIBRARY} v1.0.0 h1:4QNcUBqfUYkvYh5hH7YEA2LqoNSh0kBPiGbbTiiSykk=
{LIBRARY} v1.0.0/go.mod h1:b7A8bOIv7Bv5hWnp9YGsPOtLJ78Ba4MpBmSTMcITHKY=
"""
"""What `go mod tidy` (Go 1.26.8) wrote for the module that `proxy` serves."""


@pytest.fixture
def proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module proxy in a folder, with one module; and Go's module cache in another, both empty of anything else."""
    served = tmp_path / "proxy" / LIBRARY / "@v"
    served.mkdir(parents=True)
    module = f"module {LIBRARY}\n\ngo 1.21\n"
    (served / "list").write_text("v1.0.0\n")
    (served / "v1.0.0.info").write_text('{"Version": "v1.0.0"}')
    (served / "v1.0.0.mod").write_text(module)
    with zipfile.ZipFile(served / "v1.0.0.zip", "w") as packed:
        packed.writestr(f"{LIBRARY}@v1.0.0/go.mod", module)
        packed.writestr(f"{LIBRARY}@v1.0.0/library.go", 'package library\n\nconst Word = "from the library"\n')
    monkeypatch.setenv("GOPROXY", f"file://{tmp_path}/proxy")
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
    monkeypatch.setenv("GOFLAGS", "-modcacherw")  # so that pytest can clear its folder
    return tmp_path / "proxy"


@pytest.fixture
def user(tiny: GoPart, proxy: Path) -> GoPart:
    """A part that is built from the module of the proxy."""
    module = tiny.source / "go.mod"
    module.write_text(f"{module.read_text()}\nrequire {LIBRARY} v1.0.0\n")
    (tiny.source / "go.sum").write_text(SUMS)
    (tiny.source / "main.go").write_text(
        f'package main\n\nimport "{LIBRARY}"\n\nfunc main() {{ print(library.Word) }}\n'
    )
    return replace(tiny, variables={})


def test_modules_come_from_the_users_proxy(user: GoPart, toolchain: WheelPart, cache: Cache, heard: Heard) -> None:
    """A module is downloaded from where GOPROXY says, into the user's module cache, and that is told."""
    program = bring_parts([user], toolchain, cache, heard).path("tiny-one")
    assert subprocess.run([program], check=True, capture_output=True, text=True).stderr == "from the library"
    assert ("tiny", f"downloading {LIBRARY} v1.0.0") in heard.steps


def test_another_module_under_the_same_name_is_refused(
    user: GoPart, toolchain: WheelPart, cache: Cache, heard: Heard, proxy: Path
) -> None:
    """A module that differs from our go.sum by a byte is not built, whatever the user's Go settings allow."""
    with zipfile.ZipFile(proxy / LIBRARY / "@v/v1.0.0.zip", "a") as packed:
        packed.writestr(f"{LIBRARY}@v1.0.0/more.go", "package library\n")
    with pytest.raises(
        LabError, match=r"checksum mismatch(.|\n)*This is not the module that our go.sum was written for"
    ):
        bring_parts([user], toolchain, cache, heard)
    assert [path.name for path in cache.parts.iterdir()] == ["tiny-1.2.3.lock"]


def test_a_proxy_out_of_reach_is_told(
    user: GoPart, toolchain: WheelPart, cache: Cache, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where modules cannot be had, the error says which setting decides it."""
    monkeypatch.setenv("GOPROXY", "http://127.0.0.1:1")
    with pytest.raises(LabError, match=r"connection refused(.|\n)*GOPROXY=URL sets another one"):
        bring_parts([user], toolchain, cache, heard)


def test_without_a_home_go_keeps_its_caches_in_ours(
    tiny: GoPart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the user has no folder for Go's caches, or none that can be made, they lie beside the parts."""
    for variable in ("HOME", "XDG_CACHE_HOME", "GOCACHE", "GOPATH"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("GOMODCACHE", str(tmp_path / "users"))
    made = environment(tiny, which("go") or Path(), tmp_path / "scratch", tmp_path / "cache/parts/tiny.partial")
    assert (made["GOCACHE"], made["GOMODCACHE"]) == (f"{tmp_path}/cache/go-build", f"{tmp_path}/users")
    assert (made["GOTMPDIR"], made["GOTOOLCHAIN"], made["CGO_ENABLED"]) == (f"{tmp_path}/scratch", "local", "0")


def test_the_users_settings_stay(tiny: GoPart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build changes no setting of the user's that is not needed for the same bytes everywhere."""
    for variable in ("GOPROXY", "GOFLAGS", "GONOSUMDB", "GOPRIVATE", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, "the user's")
    made = environment(tiny, which("go") or Path(), tmp_path / "scratch", tmp_path / "cache/parts/tiny.partial")
    ours = {"CGO_ENABLED", "GOTMPDIR", "GOTOOLCHAIN", "GOWORK", "GOCACHE", "GOMODCACHE"}
    assert {name: value for name, value in made.items() if name not in ours} == {
        name: value for name, value in os.environ.items() if name not in ours
    }


def test_a_build_that_is_interrupted_ends(
    tiny: GoPart, toolchain: WheelPart, cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is interrupted while Go compiles leaves no compiler behind, and nothing half-made."""

    class Impatient(Heard):
        def step(self, part: str, text: str) -> None:
            super().step(part, text)
            if text.startswith("compiling"):
                raise KeyboardInterrupt

    monkeypatch.setenv("GOCACHE", str(cache.root / "cold"))  # so that there is something to compile
    impatient = Impatient()
    with pytest.raises(KeyboardInterrupt):
        bring_parts([tiny], toolchain, cache, impatient)
    assert len(impatient.steps) == 2
    assert [path.name for path in cache.parts.iterdir()] == ["tiny-1.2.3.lock"]

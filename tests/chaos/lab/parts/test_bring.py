from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.lab.errors import LabError, PartMissing
from chaos.lab.parts import Parts, bring
from chaos.lab.parts.bring import bring_parts
from chaos.lab.parts.cache import Cache
from chaos.lab.parts.catalogue import GoPart, Need, OnPath, SystemPart, WheelPart
from sim.errors import UsageError

from .conftest import Heard


def says(program: Path) -> str:
    """Run a program and return what it writes."""
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout


def nowhere(name: str) -> SystemPart:
    """Return a program of the distribution that this machine does not have."""
    return SystemPart(name=name, programs={name: name}, on_path=OnPath("1.0"), apt=f"{name}-tools")


def test_a_part_is_built_once(tiny: GoPart, toolchain: WheelPart, cache: Cache, heard: Heard) -> None:
    """A Go part is built into the cache, knows its version, and is there at once the next time."""
    parts = bring_parts([tiny], toolchain, cache, heard)
    assert says(parts.path("tiny-one")) == "v1.2.3"
    assert parts.version("tiny-one") == "1.2.3"
    assert heard.steps[0] == ("tiny", "making 1.2.3 (not there yet)")
    assert heard.finished == ["tiny"]
    assert bring_parts([tiny], toolchain, cache, again := Heard()) == parts
    assert (again.steps, again.finished) == ([], [])


def test_a_build_is_the_same_bytes_wherever_it_is_made(
    tiny: GoPart, toolchain: WheelPart, tmp_path: Path, heard: Heard
) -> None:
    """Two caches in two places hold the same bytes."""
    made = [bring_parts([tiny], toolchain, Cache(tmp_path / name), heard).path("tiny-one") for name in ("a", "b/c")]
    assert made[0].read_bytes() == made[1].read_bytes()


def test_a_half_built_part_is_built_anew(tiny: GoPart, toolchain: WheelPart, cache: Cache, heard: Heard) -> None:
    """What a crash left of a build is told and replaced."""
    (cache.parts / "tiny-1.2.3.abc.partial" / "work" / "made").mkdir(parents=True)
    parts = bring_parts([tiny], toolchain, cache, heard)
    assert says(parts.path("tiny-one")) == "v1.2.3"
    assert heard.steps[0] == ("tiny", "making 1.2.3 (left half-made)")
    assert sorted(path.name for path in cache.parts.iterdir()) == ["tiny-1.2.3", "tiny-1.2.3.lock"]


def test_a_changed_binary_is_built_anew(tiny: GoPart, toolchain: WheelPart, cache: Cache, heard: Heard) -> None:
    """Nobody runs a program that is not the one that was built; `verify` looks at every byte."""
    program = bring_parts([tiny], toolchain, cache, heard).path("tiny-one")
    status, whole = program.stat(), program.read_bytes()
    program.write_bytes(whole[:-1] + b"x")
    os.utime(program, ns=(status.st_atime_ns, status.st_mtime_ns))
    bring_parts([tiny], toolchain, cache, heard, verify=True)
    assert program.read_bytes() == whole
    assert ("tiny", "making 1.2.3 (not as its checksum says: tiny-one)") in heard.steps


def test_sources_that_changed_are_built_anew(tiny: GoPart, toolchain: WheelPart, cache: Cache, heard: Heard) -> None:
    """The cache follows the sources."""
    bring_parts([tiny], toolchain, cache, heard)
    main = tiny.source / "main.go"
    main.write_text(main.read_text().replace("WriteString(version)", 'WriteString("new " + version)'))
    assert says(bring_parts([tiny], toolchain, cache, heard).path("tiny-one")) == "new v1.2.3"
    assert ("tiny", "making 1.2.3 (made by another recipe)") in heard.steps


def test_several_programs_get_our_names(tiny: GoPart, toolchain: WheelPart, cache: Cache, heard: Heard) -> None:
    """Go names binaries by their folder, or by the one above a major version; they are laid out under ours."""
    for folder in ("alpha/v2", "beta"):
        (tiny.source / folder).mkdir(parents=True)
        (tiny.source / folder / "main.go").write_text(f'package main\n\nfunc main() {{ print("{folder}") }}\n')
    several = replace(tiny, programs={"one": "weatherglass.local/tiny/alpha/v2", "two": "weatherglass.local/tiny/beta"})
    several = _with_folders(several)
    parts = bring_parts([several], toolchain, cache, heard)
    told = {
        name: subprocess.run([path], check=True, capture_output=True, text=True).stderr
        for name, path in parts.programs.items()
    }
    assert told == {"one": "alpha/v2", "two": "beta"}


def _with_folders(part: GoPart) -> GoPart:
    """Sources of a part are one flat folder; give the build the module as a requirement instead, by a replace."""
    outer = part.source.parent / "outer"
    outer.mkdir()
    lines = ["module weatherglass.local/outer", "", "go 1.21", "", "require weatherglass.local/tiny v0.0.0", ""]
    (outer / "go.mod").write_text("\n".join([*lines, f"replace weatherglass.local/tiny => {part.source}", ""]))
    return replace(part, source=outer)


def test_a_module_that_go_sum_does_not_know_is_not_used(
    tiny: GoPart, toolchain: WheelPart, cache: Cache, heard: Heard
) -> None:
    """Without its checksum in our go.sum no module is built, and nothing is kept."""
    module = tiny.source / "go.mod"
    module.write_text(module.read_text() + "\nrequire golang.org/x/text v0.28.0\n")
    (tiny.source / "main.go").write_text('package main\n\nimport _ "golang.org/x/text"\n\nfunc main() {}\n')
    with pytest.raises(LabError, match=r"tiny could not be built(.|\n)*missing go.sum entry"):
        bring_parts([tiny], toolchain, cache, heard)
    assert [path.name for path in cache.parts.iterdir()] == ["tiny-1.2.3.lock"]


def test_sources_that_do_not_compile_are_told(tiny: GoPart, toolchain: WheelPart, cache: Cache, heard: Heard) -> None:
    """The compiler's own words stand in the error."""
    (tiny.source / "main.go").write_text("package main\n\nfunc main() { nonsense() }\n")
    with pytest.raises(LabError, match="undefined: nonsense"):
        bring_parts([tiny], toolchain, cache, heard)
    assert [path.name for path in cache.parts.iterdir()] == ["tiny-1.2.3.lock"]


def test_all_packages_are_asked_for_at_once(tiny: GoPart, toolchain: WheelPart, cache: Cache, heard: Heard) -> None:
    """What the distribution has to give is said in one command, before anything is built."""
    needy = replace(
        tiny, needs=(Need(apt="libx-dev", pkg_config="libx-nowhere"), Need(apt="gcc-x", command="gcc-nowhere"))
    )
    with pytest.raises(PartMissing) as caught:
        bring_parts([nowhere("tool-a"), needy, nowhere("tool-b")], toolchain, cache, heard)
    assert str(caught.value) == (
        "this machine lacks tool-a 1.0 or newer, tool-b 1.0 or newer, libx-dev (to build tiny), gcc-x (to build tiny); "
        "`apt-get install gcc-x libx-dev tool-a-tools tool-b-tools` brings it on Debian and Ubuntu"
    )
    assert caught.value.exit_code == 3
    assert (heard.steps, cache.parts.exists()) == ([], False)


def test_a_built_part_needs_no_compiler(tiny: GoPart, toolchain: WheelPart, cache: Cache, heard: Heard) -> None:
    """What is needed for building alone is not asked for when the part is there."""
    bring_parts([tiny], toolchain, cache, heard)
    needy = replace(tiny, needs=(Need(apt="gcc-x", command="gcc-nowhere"),))
    assert bring_parts([needy], toolchain, cache, heard).version("tiny-one") == "1.2.3"


def test_a_fitting_program_of_the_path_is_taken(
    tiny: GoPart, toolchain: WheelPart, cache: Cache, heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on the PATH in a fitting version is neither built nor copied."""
    (tmp_path / "tiny-one").write_text("#!/bin/sh\necho tiny 1.2.9\n")
    (tmp_path / "tiny-one").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    parts = bring_parts([replace(tiny, on_path=OnPath("1.2", "1.3"))], toolchain, cache, heard)
    assert parts == Parts({"tiny-one": tmp_path / "tiny-one"}, {"tiny-one": "1.2.9"})
    assert not cache.parts.exists()


def test_an_old_go_is_not_used(
    tiny: GoPart, toolchain: WheelPart, cache: Cache, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the PATH's Go is too old for a go.mod, the wheel's is brought; if that fails, pip's words are told."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    (tiny.source / "go.mod").write_text("module weatherglass.local/tiny\n\ngo 9.99\n")
    with pytest.raises(LabError, match=r"go 0 could not be brought by `.*pip install"):
        bring_parts([tiny], toolchain, cache, heard)
    assert heard.steps[0] == ("go", "making 0 (not there yet)")


def test_what_was_not_asked_for_is_not_given(tiny: GoPart, toolchain: WheelPart, cache: Cache, heard: Heard) -> None:
    """Only the programs of the parts that were asked for are at hand."""
    parts = bring_parts([tiny], toolchain, cache, heard)
    with pytest.raises(UsageError, match="the program 'kubelet' was not asked for; those at hand are tiny-one"):
        parts.path("kubelet")
    with pytest.raises(UsageError, match="'kubelet'"):
        parts.version("kubelet")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for a manifest but not for a binary."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting a small tmpfs needs root and CAP_SYS_ADMIN")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("asked_mib", [0, 1], ids=["fills up", "too small from the start"])
def test_a_full_disk_leaves_nothing_half_made(
    tiny: GoPart, toolchain: WheelPart, small_disk: Path, heard: Heard, asked_mib: int
) -> None:
    """On a disk without room the error says so, whether it shows before or during the build, and nothing is left."""
    (small_disk / "other").write_bytes(bytes(512 << 10))
    cache = Cache(small_disk)
    with pytest.raises(LabError, match=r"tiny: (no space left on the disk|needs 1 MiB in .*, where 0 MiB are free)"):
        bring_parts([replace(tiny, space_mib=asked_mib)], toolchain, cache, heard)
    assert [path.name for path in cache.parts.iterdir()] == ["tiny-1.2.3.lock"]


def test_ensure_takes_names_of_system_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, heard: Heard) -> None:
    """`ensure` knows the catalogue: a system program that is too old is asked for by its package."""
    (tmp_path / "nft").write_text("#!/bin/sh\necho nftables v0.9.8\n")
    (tmp_path / "nft").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(
        PartMissing, match=r"this machine lacks nft 1\.0\.0 or newer; `apt-get install nftables` brings it"
    ):
        bring.ensure(["nft"], heard)

from __future__ import annotations

import hashlib
import importlib.util
import stat
import sys
import zipfile
from pathlib import Path

import pytest

from chaos.lab.errors import LabError
from chaos.lab.parts import wheels
from chaos.lab.parts.bring import bring_parts
from chaos.lab.parts.cache import Cache
from chaos.lab.parts.catalogue import WheelPart

from .conftest import Heard

METADATA = "Metadata-Version: 2.1\nName: sample-tool\nVersion: 1.5\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture
def part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WheelPart:
    """A part in a wheel that lies in a folder; pip looks there and nowhere else."""
    if importlib.util.find_spec("pip") is None:
        pytest.skip("this Python has no pip")
    file = tmp_path / "sample_tool-1.5-py3-none-any.whl"
    program = zipfile.ZipInfo("sample/bin/sample")
    program.external_attr = (stat.S_IFREG | 0o755) << 16
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.writestr(program, "#!/bin/sh\necho sample 1.5\n")
        wheel.writestr("sample_tool-1.5.dist-info/METADATA", METADATA)
        wheel.writestr("sample_tool-1.5.dist-info/WHEEL", WHEEL)
        wheel.writestr("sample_tool-1.5.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    return WheelPart(
        name="sample",
        programs={"sample-tool": "sample/bin/sample"},
        version="1.5",
        space_mib=1,
        distribution="sample-tool",
        sha256=("0" * 64, hashlib.sha256(file.read_bytes()).hexdigest()),
    )


def test_a_wheel_is_unpacked_where_its_program_is_expected(
    part: WheelPart, toolchain: WheelPart, cache: Cache, heard: Heard
) -> None:
    """A wheel with one of the pinned checksums lands in the cache, its program ready to run."""
    parts = bring_parts([part], toolchain, cache, heard)
    assert parts.path("sample-tool") == cache.parts / "sample-1.5/sample/bin/sample"
    assert parts.path("sample-tool").stat().st_mode & 0o111
    assert heard.steps == [("sample", "making 1.5 (not there yet)"), ("sample", "downloading sample-tool 1.5")]
    assert cache.flaw(part, verify=True) is None


def test_another_wheel_under_the_same_name_is_refused(
    part: WheelPart, toolchain: WheelPart, cache: Cache, heard: Heard, tmp_path: Path
) -> None:
    """A wheel that differs by a byte is not used."""
    with zipfile.ZipFile(tmp_path / "sample_tool-1.5-py3-none-any.whl", "a") as wheel:
        wheel.writestr("more.txt", "more")
    with pytest.raises(LabError, match=r"sample 1\.5 could not be brought by(.|\n)*DO NOT MATCH THE HASHES"):
        bring_parts([part], toolchain, cache, heard)
    assert [path.name for path in cache.parts.iterdir()] == ["sample-1.5.lock"]


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ("No module named pip", r"this Python has none; `.* -m ensurepip` brings it"),
        ("[Errno 28] No space left on device", "no space left on the disk"),
    ],
)
def test_what_stops_pip_is_told_with_the_way_out(
    part: WheelPart, heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, told: str
) -> None:
    """A Python without pip and a full disk are told as such."""
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(fake))
    with pytest.raises(LabError, match=told):
        wheels.bring(part, tmp_path, heard)

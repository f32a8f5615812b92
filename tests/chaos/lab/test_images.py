from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from pathlib import Path
from typing import Any

import pytest

from chaos.lab.errors import LabError
from chaos.lab.images import IMAGES, build_image, build_images, reference
from chaos.lab.parts import Parts

BINARY = b"\x7fELF" + bytes(range(256)) * 40


@pytest.fixture
def parts(tmp_path: Path) -> Parts:
    """Small files that stand for the programs of all images."""
    programs = {name: tmp_path / "programs" / name for name in IMAGES}
    (tmp_path / "programs").mkdir()
    for name, path in programs.items():
        path.write_bytes(BINARY + name.encode())
    return Parts(programs, {name: f"1.0.{number}" for number, name in enumerate(IMAGES)})


def unpack(image: Path) -> tuple[dict[str, Any], dict[str, Any], tarfile.TarFile, bytes]:
    """Return what an image holds: manifest entry, config, layer, and the layer's bytes."""
    with tarfile.open(image) as archive:
        files = {entry.name: archive.extractfile(entry).read() for entry in archive}  # type: ignore[union-attr]
    [manifest] = json.loads(files["manifest.json"])
    [layer] = manifest["Layers"]
    assert set(files) == {"manifest.json", manifest["Config"], layer}
    assert manifest["Config"] == f"{hashlib.sha256(files[manifest['Config']]).hexdigest()}.json"
    return manifest, json.loads(files[manifest["Config"]]), tarfile.open(fileobj=io.BytesIO(files[layer])), files[layer]


def test_an_image_is_one_layer_with_one_binary(parts: Parts, tmp_path: Path) -> None:
    """Reading an image back gives the binary as `/NAME`, executable, and a config that runs it."""
    image = tmp_path / "image.tar"
    build_image(parts.path("pause"), "pause", "weatherglass.local/pause:1.0.0", image)
    manifest, config, layer, layer_bytes = unpack(image)
    assert manifest["RepoTags"] == ["weatherglass.local/pause:1.0.0"]
    assert [(entry.name, entry.mode, entry.isreg()) for entry in layer] == [("pause", 0o755, True)]
    assert layer.extractfile("pause").read() == BINARY + b"pause"  # type: ignore[union-attr]
    assert config["config"] == {"Entrypoint": ["/pause"]}
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(layer_bytes).hexdigest()}"]
    assert (config["os"], config["architecture"]) == (
        "linux",
        {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()],
    )


def test_the_same_binary_is_the_same_bytes(parts: Parts, tmp_path: Path) -> None:
    """An image depends on its binary and its name alone: not on times, owners or the binary's mode."""
    first, second = build_images(parts, tmp_path / "a"), tmp_path / "b.tar"
    copy = tmp_path / "copy"
    copy.write_bytes(parts.path("service").read_bytes())
    copy.chmod(0o700)
    tag = reference(parts, "service")
    build_image(copy, "service", tag, second)
    assert second.read_bytes() == first[tag].read_bytes()


def test_there_is_an_image_for_each_workload(parts: Parts, tmp_path: Path) -> None:
    """Each image has a tar of its own under the name that pods use."""
    made = build_images(parts, tmp_path / "made" / "here")
    assert {tag: path.name for tag, path in made.items()} == {
        "weatherglass.local/pause:1.0.0": "pause-1.0.0.tar",
        "weatherglass.local/service:1.0.1": "service-1.0.1.tar",
        "weatherglass.local/bootstrapper:1.0.2": "bootstrapper-1.0.2.tar",
        "weatherglass.local/toxiproxy-server:1.0.3": "toxiproxy-server-1.0.3.tar",
        "weatherglass.local/guardian:1.0.4": "guardian-1.0.4.tar",
    }
    assert sorted(path.name for path in (tmp_path / "made/here").iterdir()) == sorted(
        path.name for path in made.values()
    )


def test_only_the_images_that_are_asked_for_are_made(parts: Parts, tmp_path: Path) -> None:
    """Who needs few images gets few, and the parts need not hold the others."""
    few = Parts({"pause": parts.path("pause")}, {"pause": "1.0.0"})
    assert list(build_images(few, tmp_path / "few", ["pause"])) == ["weatherglass.local/pause:1.0.0"]


def test_an_image_that_cannot_be_written_leaves_nothing(parts: Parts, tmp_path: Path) -> None:
    """A folder that is missing is told with the image's place, and nothing half-made stays."""
    with pytest.raises(
        LabError, match=r"nowhere/image\.tar: the image could not be written: No such file or directory"
    ):
        build_image(parts.path("pause"), "pause", "x/pause:1", tmp_path / "nowhere/image.tar")
    assert not (tmp_path / "nowhere").exists()


def test_another_kind_of_machine_is_refused(parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Images are made for the two machines that the parts are pinned for."""
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(LabError, match="images are made for x86_64 and aarch64 machines; this one is a 'riscv64'"):
        build_image(parts.path("pause"), "pause", "x/pause:1", tmp_path / "image.tar")

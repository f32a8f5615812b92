"""Container images without a container engine: a docker-archive tar with one layer that holds one static binary.

`ctr -n k8s.io images import --local FILE` loads one (containerd 2.4.2). The format: docker/docker, image spec v1.2,
"Combined Image JSON + Filesystem Changeset Format". The same binary gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Sequence
from pathlib import Path

from chaos.lab.errors import LabError
from chaos.lab.parts import Parts

__all__ = ["IMAGES", "build_image", "build_images", "reference"]

IMAGES = ("pause", "service", "bootstrapper", "toxiproxy-server", "guardian")
"""The programs that become images, loaded into every node: each is a static binary."""

REGISTRY = "weatherglass.local"  # nobody's: with `imagePullPolicy: Never` it is never asked for
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
EPOCH = "1970-01-01T00:00:00Z"


def reference(parts: Parts, name: str) -> str:
    """Return what a pod's `image:` says for the program `name`, such as `weatherglass.local/service:0.1.0`."""
    return f"{REGISTRY}/{name}:{parts.version(name)}"


def build_images(parts: Parts, folder: Path, names: Sequence[str] = IMAGES) -> dict[str, Path]:
    """Write one tar per program of `names` into `folder`, and return reference → tar."""
    folder.mkdir(parents=True, exist_ok=True)
    made: dict[str, Path] = {}
    for name in names:
        tag = reference(parts, name)
        made[tag] = folder / f"{name}-{parts.version(name)}.tar"
        build_image(parts.path(name), name, tag, made[tag])
    return made


def build_image(binary: Path, name: str, tag: str, into: Path) -> None:
    """Write the image `tag` to the file `into`: `binary` as `/name`, which it runs; whole or not at all."""
    layer = _tar({name: (binary.read_bytes(), 0o755)})
    config = _config(name, hashlib.sha256(layer).hexdigest())
    digest = hashlib.sha256(config).hexdigest()
    manifest = [{"Config": f"{digest}.json", "RepoTags": [tag], "Layers": ["layer.tar"]}]
    files = {f"{digest}.json": config, "layer.tar": layer, "manifest.json": json.dumps(manifest).encode()}
    partial = into.with_suffix(".partial")
    try:
        partial.write_bytes(_tar({path: (data, 0o644) for path, data in files.items()}))
        partial.rename(into)
    except OSError as error:
        raise LabError(f"{into}: the image could not be written: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)


def _config(name: str, layer_sha256: str) -> bytes:
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        raise LabError(f"images are made for {' and '.join(ARCHITECTURES)} machines; this one is a {machine!r}")
    told = {
        "architecture": ARCHITECTURES[machine],
        "os": "linux",
        "created": EPOCH,
        "config": {"Entrypoint": [f"/{name}"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_sha256}"]},
        "history": [{"created": EPOCH, "created_by": "weatherglass"}],
    }
    return json.dumps(told).encode()


def _tar(files: dict[str, tuple[bytes, int]]) -> bytes:
    """Return a tar of name → (bytes, mode). Its entries have no owner and no time of their own."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, (data, mode) in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), mode
            archive.addfile(entry, io.BytesIO(data))
    return made.getvalue()

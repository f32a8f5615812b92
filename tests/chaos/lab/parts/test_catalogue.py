from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from chaos.lab.images import IMAGES
from chaos.lab.parts.catalogue import CachedPart, Catalogue, GoPart, SystemPart, WheelPart, catalogue
from chaos.lab.parts.on_path import number
from sim.errors import UsageError

GO_PARTS = [part for part in catalogue() if isinstance(part, GoPart)]
MODULES = [part for part in GO_PARTS if part.source.parent.name == "modules"]


def test_everything_the_lab_starts_is_listed() -> None:
    """Every program that the lab starts belongs to exactly one part."""
    programs = [program for part in catalogue() for program in part.programs]
    assert sorted(programs) == sorted(set(programs))
    assert set(programs) == {
        "bootstrapper", "conntrack", "containerd", "containerd-shim-runc-v2", "coredns", "ctr", "envoy",
        "etcd", "etcdctl", "go", "guardian", "haproxy", "host-local", "iptables", "kine", "kube-apiserver",
        "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubectl", "kubelet", "kwok", "nft",
        "pause", "ptp", "runc", "service", "toxiproxy-cli", "toxiproxy-server",
    }  # fmt: skip


@pytest.mark.parametrize("part", MODULES, ids=lambda part: part.name)
def test_go_mod_pins_the_version(part: GoPart) -> None:
    """A go.mod asks for the version that the catalogue names, and go.sum knows its checksum."""
    module = (part.source / "go.mod").read_text()
    asked = re.findall(rf"^(?:require)?\s*(\S+) v{re.escape(part.version)}(?: // indirect)?$", module, re.M)
    assert asked
    known = (part.source / "go.sum").read_text()
    assert [name for name in asked if f"{name} v{part.version} h1:" not in known] == []


@pytest.mark.parametrize("part", MODULES, ids=lambda part: part.name)
def test_programs_come_from_required_modules(part: GoPart) -> None:
    """Each program is a tool of the part's go.mod, or a Go file beside it."""
    module = (part.source / "go.mod").read_text()
    tools = [package for package in part.programs.values() if package != "."]
    assert [tool for tool in tools if not re.search(rf"\s{re.escape(tool)}$", module, re.M)] == []
    assert ("." in part.programs.values()) == (part.source / "main.go").is_file()


@pytest.mark.parametrize("part", [part for part in GO_PARTS if part not in MODULES], ids=lambda part: part.name)
def test_workloads_use_the_standard_library_only(part: GoPart) -> None:
    """A workload's module requires nothing, so it has no go.sum and nothing to download."""
    assert "require" not in (part.source / "go.mod").read_text()
    assert [path.name for path in part.sources() if path.suffix != ".go"] == ["go.mod"]


def test_the_wheel_of_go_builds_every_part() -> None:
    """The Go that we bring is new enough for every go.mod."""
    wheel = catalogue().part_of("go")
    assert isinstance(wheel, WheelPart)
    assert number(wheel.version) >= max(number(part.go_version) for part in GO_PARTS)


def test_what_becomes_an_image_is_static_and_ours() -> None:
    """A program of an image is built without cgo, and never taken from the PATH."""
    for name in IMAGES:
        part = catalogue().part_of(name)
        assert isinstance(part, GoPart)
        assert not part.cgo
        assert part.on_path is None


def test_a_pinned_version_fits_its_own_range() -> None:
    """Where a program on the PATH may stand in, our own version is in the accepted range."""
    for part in catalogue():
        if isinstance(part, CachedPart) and part.on_path is not None:
            assert part.on_path.below is not None
            assert number(part.on_path.at_least) <= number(part.version) < number(part.on_path.below)


def test_variables_tell_the_version() -> None:
    """Every program that is told its version at link time is told the one that it has."""
    told = {part.name: sorted(part.variables.values()) for part in GO_PARTS if part.variables}
    assert told == {
        "kubernetes": ["1", "34", "v1.34.4"],
        "kine": ["v0.17.5"],
        "toxiproxy": ["2.12.0"],
        "containerd": ["v2.4.2"],
        "cni-plugins": ["v1.9.1"],
    }


def test_checksums_are_sha256() -> None:
    """A wheel has a checksum for each of the two machines that the lab runs on."""
    for part in catalogue():
        if isinstance(part, WheelPart):
            assert [len(bytes.fromhex(digest)) for digest in part.sha256] == [32, 32]


def test_system_parts_name_their_package() -> None:
    """A program that is only looked for comes with the Debian package that has it."""
    packages = {part.name: part.apt for part in catalogue() if isinstance(part, SystemPart)}
    assert packages == {"iptables": "iptables", "nft": "nftables", "conntrack": "conntrack", "haproxy": "haproxy"}


def test_names_of_parts_and_programs_find_parts() -> None:
    """A part is found by its name and by its programs', each part once, in the order of the file."""
    found = catalogue().parts_of(["kubelet", "etcdctl", "kubernetes", "kube-proxy"])
    assert [part.name for part in found] == ["kubernetes", "etcd"]


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    """Whoever asks for a part that does not exist is told what there is."""
    with pytest.raises(UsageError, match=r"no part of the lab is called 'kublet'; there are bootstrapper, cni-plugins"):
        catalogue().parts_of(["kublet"])


def test_the_recipe_is_what_the_binaries_are_made_of(tiny: GoPart, tmp_path: Path) -> None:
    """A recipe changes with version, tags, variables and sources, not with the sources' place, tests or room taken."""
    moved = tmp_path / "moved"
    tiny.source.rename(moved)
    first = replace(tiny, source=moved)
    (moved / "main_test.go").write_text("package main // other\n")
    assert replace(first, space_mib=7).recipe() == first.recipe()
    others = [replace(first, tags=("x",)), replace(first, version="1.2.4"), replace(first, variables={})]
    recipes = {first.recipe(), *(other.recipe() for other in others)}
    (moved / "main.go").write_text("package main\n\nfunc main() {}\n")
    assert len(recipes | {first.recipe()}) == 5


def test_a_catalogue_keeps_its_order() -> None:
    """Iterating a catalogue gives its parts in the order of the file."""
    parts = tuple(catalogue())
    assert tuple(Catalogue({part.name: part for part in reversed(parts)})) == parts[::-1]

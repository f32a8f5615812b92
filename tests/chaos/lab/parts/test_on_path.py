from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.lab.parts.catalogue import Need, OnPath, Part
from chaos.lab.parts.on_path import Found, fits, look_for, number, unmet

numbers = st.lists(st.integers(0, 99), min_size=2, max_size=4)


def put(folder: Path, answers: Mapping[str, str]) -> dict[str, Path]:
    """Put programs into `folder` that answer to `--version` alone."""
    for name, answer in answers.items():
        (folder / name).write_text(f'#!/bin/sh\n[ "$*" = --version ] && echo "{answer}"\n')
        (folder / name).chmod(0o755)
    return {name: folder / name for name in answers}


def part(*programs: str, on_path: OnPath | None) -> Part:
    """Return a part that may come from the PATH."""
    return Part(name="it", programs=dict.fromkeys(programs, ""), on_path=on_path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder at the head of the PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


@given(numbers, numbers)
def test_versions_compare_as_numbers(one: list[int], other: list[int]) -> None:
    """Versions are ordered number by number, never letter by letter."""
    texts = [".".join(map(str, each)) for each in (one, other)]
    assert (number(texts[0]) < number(texts[1])) == (one < other)


@given(numbers)
def test_a_range_includes_its_start_and_excludes_its_end(version: list[int]) -> None:
    """at_least ≤ version < below."""
    text = ".".join(map(str, version))
    assert fits(text, OnPath(text))
    assert not fits(text, OnPath("0.0", text))


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ("Kubernetes v1.34.4", "1.34.4"),
        ("containerd github.com/containerd/containerd/v2 v2.4.2 ", "2.4.2"),
        ("etcd Version: 3.6.16", "3.6.16"),
        ("go version go1.26.8 linux/amd64", "1.26.8"),
        ("iptables v1.8.9 (nf_tables)", "1.8.9"),
        ("HAProxy version 2.6.12-1+deb12u4 2026/01/01", "2.6.12"),
    ],
)
def test_a_version_is_read_from_what_programs_say(folder: Path, answer: str, version: str) -> None:
    """The first dotted number in the answer of a program is its version."""
    programs = put(folder, {"prog-x": answer})
    assert look_for(part("prog-x", on_path=OnPath("0.1"))) == Found(programs, version)


@pytest.mark.parametrize("wanted", [OnPath("2.0"), OnPath("1.0", "1.5"), OnPath("1.0", says="seccomp")])
def test_a_program_that_does_not_fit_is_left_alone(folder: Path, wanted: OnPath) -> None:
    """Too old, too new, or without what it has to say of itself: not ours."""
    put(folder, {"prog-x": "prog-x 1.5.2"})
    assert look_for(part("prog-x", on_path=wanted)) is None


def test_a_part_is_taken_whole_and_in_one_version(folder: Path) -> None:
    """A part from the PATH has all of its programs, in one version."""
    put(folder, {"prog-x": "1.5.2", "prog-y": "1.5.3"})
    assert look_for(part("prog-x", "prog-y", on_path=OnPath("1.0"))) is None
    assert look_for(part("prog-x", "prog-z", on_path=OnPath("1.0"))) is None
    programs = put(folder, {"prog-x": "1.5.3"}) | {"prog-y": folder / "prog-y"}
    assert look_for(part("prog-x", "prog-y", on_path=OnPath("1.0"))) == Found(programs, "1.5.3")


def test_a_part_that_must_be_ours_is_never_looked_for(folder: Path) -> None:
    """Without a range of versions no program of the PATH is taken."""
    put(folder, {"prog-x": "1.5.2"})
    assert look_for(part("prog-x", on_path=None)) is None


def test_what_cannot_run_is_not_there(folder: Path) -> None:
    """A file of that name that this machine cannot execute counts as absent."""
    (folder / "prog-x").write_bytes(b"\x7fELF, not really")
    (folder / "prog-x").chmod(0o755)
    assert look_for(part("prog-x", on_path=OnPath("0.1"))) is None


def test_a_need_is_met_by_a_command_or_by_a_library(folder: Path) -> None:
    """A build's needs are asked of the PATH and of pkg-config."""
    assert not unmet(Need(apt="dash", command="sh"))
    assert unmet(Need(apt="nothing", command="prog-nowhere"))
    (folder / "pkg-config").write_text('#!/bin/sh\n[ "$*" = "--exists libthere" ]\n')
    (folder / "pkg-config").chmod(0o755)
    assert not unmet(Need(apt="libthere-dev", pkg_config="libthere"))
    assert unmet(Need(apt="libaway-dev", pkg_config="libaway"))


def test_a_library_is_unknown_without_pkg_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no pkg-config, no library counts as there."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert unmet(Need(apt="libthere-dev", pkg_config="libthere"))

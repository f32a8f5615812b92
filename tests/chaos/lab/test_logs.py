from __future__ import annotations

import itertools

import pytest
from lab_sites import a_site

from chaos.lab.logs import log_lines, log_of
from chaos.lab.record import Lab
from sim.errors import UsageError


def test_a_log_is_all_that_was_said(tmp_path):
    """Whole; a component that has not said anything has an empty one."""
    log = tmp_path / "x.log"
    assert "".join(log_lines(log)) == ""
    log.write_text("one\ntwo\n")
    assert "".join(log_lines(log)) == "one\ntwo\n"


def test_a_followed_log_goes_on_with_what_is_added(tmp_path):
    """Piece by piece, until somebody stops it."""
    log = tmp_path / "x.log"
    log.write_text("one\n")
    pieces = log_lines(log, follow=True)
    first = next(pieces)
    with log.open("a") as file:
        file.write("two\n")
    assert (first, *itertools.islice(pieces, 1)) == ("one\n", "two\n")
    pieces.close()


def test_every_component_has_a_log(tmp_path):
    """And the supervisor; a name that is none is refused with those that are."""
    lab = Lab("x", tmp_path)
    lab.write(a_site(lab.folders.home, name="x"))
    assert log_of(lab, "coredns") == lab.folders.home / "logs" / "coredns.log"
    assert log_of(lab, "supervisor").name == "supervisor.log"
    with pytest.raises(UsageError, match="'x' is no component of lab 'x'; accepted: toxiproxy-node-1, "):
        log_of(lab, "x")

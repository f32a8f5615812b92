from __future__ import annotations

import pytest
from lab_sites import a_site

from chaos.lab import starting
from chaos.lab.component import NEVER, Component, Exists, Restart
from chaos.lab.errors import LabError
from chaos.lab.process import launch
from chaos.lab.roster import Entry, Roster
from chaos.lab.starting import last_lines, start


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A site and a roster; components are started as they are, in no namespace."""
    site, roster = a_site(tmp_path), Roster(tmp_path / "processes")

    def launched(_, component, to):
        entry = Entry(launch(component.argv, env={}, log=site.folders.log(component.name), mark=str(tmp_path)))
        to.put(component.name, entry)
        return entry

    monkeypatch.setattr(starting, "launch_component", launched)
    return site, roster


def _task(tmp_path, name, script, after=(), restart=NEVER):
    mark = tmp_path / f"{name}.mark"
    argv = ("/bin/sh", "-c", script.replace("MARK", str(mark)))
    return Component(name, "task", "edge", argv, Exists(str(mark)), after, restart=restart)


def test_components_start_when_what_they_wait_for_is_ready(lab, tmp_path):
    """Not earlier, in whatever order they are given; a name from outside counts as ready."""
    said: list[tuple[str, str]] = []
    chosen = [
        _task(tmp_path, "c", "touch MARK", ("a", "b")),
        _task(tmp_path, "b", "touch MARK", ("a", "elsewhere")),
        _task(tmp_path, "a", "/bin/sleep 0.1; touch MARK"),
    ]
    start(lab[0], chosen, lab[1], lambda name, what: said.append((name, what)))
    assert said == [(name, what) for name in ("a", "b", "c") for what in ("starts", "ready")]


def test_what_is_done_or_runs_is_not_started_again(lab, tmp_path):
    """Starting twice is starting once."""
    once = _task(tmp_path, "a", "echo x >>MARK")
    for _ in range(2):
        start(lab[0], [once], lab[1], lambda *_: None)
    assert (tmp_path / "a.mark").read_text() == "x\n"


def test_what_ends_by_itself_is_said_with_the_end_of_its_log(lab, tmp_path):
    """At once, not after the limit."""
    with pytest.raises(LabError) as ended:
        start(lab[0], [_task(tmp_path, "a", "echo why; exit 1")], lab[1], lambda *_: None)
    log = lab[0].folders.log("a")
    assert str(ended.value) == f"a ended by itself; the end of its log ({log}):\n  why"


def test_what_never_gets_ready_is_said_after_the_limit(lab, tmp_path):
    """Also one that the supervisor would bring back again and again."""
    slow = _task(tmp_path, "a", "true", restart=Restart(0.1))
    with pytest.raises(LabError, match=r"a was not ready 0\.2 s after its start.*\n  \(nothing\)"):
        start(lab[0], [slow], lab[1], lambda *_: None, limit_s=0.2)


def test_a_log_is_shown_from_its_end(tmp_path):
    """As many lines as are asked for, indented; none is said so."""
    log = tmp_path / "log"
    assert last_lines(log) == "  (nothing)"
    log.write_text("1\n2\n3\n")
    assert last_lines(log, 2) == "  2\n  3"


def test_the_reason_is_shown_though_a_stack_follows(tmp_path):
    """The last line that speaks of an error comes first."""
    log = tmp_path / "log"
    log.write_text("an Error once\npanic: why\n1\n2\n3\n")
    assert last_lines(log, 2) == "  panic: why\n  2\n  3"


def test_a_full_disk_is_said(lab, tmp_path, monkeypatch):
    """Whatever the component itself said about it."""
    monkeypatch.setattr(starting, "SHORT_BYTES", 1 << 62)
    with pytest.raises(LabError, match=f"a ended by itself, and no space left on device: .* at {lab[0].folders.home}"):
        start(lab[0], [_task(tmp_path, "a", "exit 1")], lab[1], lambda *_: None)

from __future__ import annotations

import os
import threading

from chaos.lab.process import Process, boot_id, started_ticks
from chaos.lab.roster import Entry, Roster

SELF = Process(os.getpid(), started_ticks(os.getpid()) or 0, boot_id())


def test_an_entry_survives_its_file(tmp_path):
    """What was put is got, until something else is put; a component that was never started has none."""
    roster = Roster(tmp_path / "processes")
    assert roster.get("etcd") is None
    for entry in (Entry(SELF), Entry(SELF, wanted=False, how="kill")):
        roster.put("etcd", entry)
        assert roster.get("etcd") == entry
    assert roster.get("kubelet") is None


def test_running_is_this_very_process(tmp_path):
    """The process of the entry, not one that has its number today."""
    assert Entry(SELF).running
    assert not Entry(Process(SELF.pid, SELF.ticks + 1, SELF.boot)).running


def test_who_holds_the_lock_of_a_component_is_alone(tmp_path):
    """A second holder waits; another component's lock is free."""
    roster = Roster(tmp_path)
    said: list[str] = []

    def wait() -> None:
        with roster.lock("etcd"):
            said.append("second")

    with roster.lock("etcd"):
        thread = threading.Thread(target=wait)
        thread.start()
        with roster.lock("kubelet"):
            thread.join(0.05)
        said.append("first")
    thread.join()
    assert said == ["first", "second"]

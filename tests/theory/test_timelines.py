"""Timelines recorded on a lab: what is read from a journal, whoever wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.timelines import table
from benchmarks.timelines.faults import FAULTS
from sim.analysis.explain.node import node_story
from sim.analysis.reduce import reduce
from sim.record import Journal, Recorder, RunInfo

HERE = Path(table.__file__).parent
RECORDED = sorted(path.parent for path in HERE.glob("*/[0-9][0-9]/done.json"))


def _lost_node() -> Recorder:
    recorder = Recorder(RunInfo("lab", "why", "link", 0, "real", 100.0, 0.0, (), ("web",)))
    fault, old, new = {"kind": "kubelet_stop", "target": "n1", "load1": 3.0}, {"node": "n1"}, {"node": "n2"}
    for t_s, kind, subject, detail in [
        (10.0, "fault_begin", "fault/link", fault),
        (25.0, "node_unknown", "node/n1", {}),
        (25.2, "pod_not_ready", "pod/a", old),
        (25.3, "endpoint_withdrawn", "service/web", {"pod": "a"}),
        (25.5, "taint_noexecute", "node/n1", {"taint": "unreachable"}),
        (30.5, "pod_deleting", "pod/a", old),
        (30.6, "pod_created", "pod/b", {"node": None}),
        (32.0, "pod_ready", "pod/b", new),
        (32.6, "endpoint_ready", "service/web", {"pod": "b"}),
        (40.0, "fault_end", "fault/link", fault),
        (41.0, "lease_renewed", "node/n1", {}),
        (50.0, "node_ready", "node/n1", {}),
        (51.0, "pod_gone", "pod/a", old),
    ]:
        recorder.event(t_s, kind, subject, detail)
    return recorder


def test_the_steps_of_a_lost_node_each_from_what_it_is_named_after():
    """Seconds after the fault, after Unknown, after the taint, after the undo: one number for each thing seen."""
    found = table.steps(_lost_node().finish())
    assert {name: [round(value, 3) for value in values] for name, values in found.items()} == {
        "Unknown": [15.0],
        "NoExecute taint after Unknown": [0.5],
        "last endpoint not ready after Unknown": [0.3],
        "deletion after taint": [5.0],
        "created → in endpoints": [2.0],
        "lease after undo": [1.0],
        "Ready after undo": [10.0],
        "stuck pods gone after undo": [11.0],
    }


def test_a_document_gets_its_tables_between_the_markers_once(tmp_path):
    """Written twice it is the same, and what stands around the markers stays."""
    document = tmp_path / "lab.md"
    document.write_text("# The lab\n", encoding="utf-8")
    table.write(tmp_path, document)
    once = document.read_text(encoding="utf-8")
    document.write_text(once + "\nafterwards\n", encoding="utf-8")
    table.write(tmp_path, document)
    assert document.read_text(encoding="utf-8") == once + "\nafterwards\n"
    assert once.startswith(f"# The lab\n\n{table.BEGIN}\n")


@pytest.mark.parametrize(
    "folder", RECORDED[:: max(1, len(RECORDED) // 14)], ids=lambda path: f"{path.parent.name}-{path.name}"
)
def test_a_recorded_journal_is_read_by_every_analysis_unchanged(folder):
    """Reduced, and told as a story, like a simulated one; its fault is one of the vocabulary."""
    journal = Journal.read(folder)
    found = reduce(journal)
    assert [span.kind for span in found.faults] == [FAULTS[folder.parent.name].kind]
    assert ("all", "cluster", "node_ready_share") in found.values
    target = found.faults[0].target
    if target.startswith("node-"):
        assert node_story(journal, target).lines

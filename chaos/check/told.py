"""A checked experiment for machines: plain values, all of it, in one object."""

from __future__ import annotations

from typing import Any

from chaos.check.experiment import Checked
from chaos.check.lease import kill_switch
from chaos.check.planned import PlannedFault
from chaos.check.schedule import ends_s
from sim.plan import Plan

__all__ = ["told"]


def told(checked: Checked, run: str) -> dict[str, Any]:
    """Return what `check --json` prints. Times are run seconds; `run`: the command that runs it."""
    experiment = checked.experiment
    return {
        "scenario": experiment.scenario.name,
        "option": experiment.plan.option,
        "seed": experiment.plan.seed,
        "binding": experiment.file.file,
        "context": experiment.binding.cluster.context,
        "server": experiment.server,
        "version": experiment.version,
        "worst_case_s": experiment.worst_case_s,
        "kill_switch": kill_switch(experiment.binding),
        "run": run,
        "faults": [_fault(experiment.plan, fault) for fault in experiment.faults],
        "targets": [
            {"kind": t.ref.kind, "name": t.ref.name, "namespace": t.ref.namespace, "uid": t.uid}
            for t in experiment.targets
        ],
        "left": [
            {"what": e.what, "ready": e.ready, "lost": e.lost, "remain": e.remain, "by": list(e.by)}
            for e in experiment.left
        ],
        "clients": [
            {"client": w.client, "service": w.service, "url": w.url, "link": w.link, "policy": w.policy}
            for w in experiment.ways
        ],
        "rights": [
            {"right": str(g.right), "by": list(g.by), "granted": g.is_granted, "needed": not g.is_wished}
            for g in experiment.grants
        ],
        "refusals": [refusal._asdict() for refusal in checked.refusals],
        "remarks": [remark._asdict() for remark in checked.remarks],
    }


def _fault(plan: Plan, fault: PlannedFault) -> dict[str, Any]:
    return {
        "name": fault.name,
        "kind": fault.kind,
        "times": [{"begins_s": each.begins_s, "ends_s": ends_s(plan, each)} for each in fault.occurrences],
        "how": fault.means.how,
        "difference": fault.means.difference,
        "nodes": list(fault.means.nodes),
        "pods": dict(fault.means.pods),
        "deeds": [
            {
                "title": d.deed.title(),
                "touches": [str(t) for t in d.deed.touches()],
                "ends": d.ends,
                "guardian": d.order.url if d.order else "",
            }
            for d in fault.deeds
        ],
    }

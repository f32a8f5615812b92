"""The check before a run: what would be done, to what, with which rights, and everything that speaks against it."""

from __future__ import annotations

from chaos.check.changed import changed_since
from chaos.check.examine import bound_plan, examine
from chaos.check.experiment import Checked, Experiment, Target
from chaos.check.finding import Refusal, Refused, Remark
from chaos.check.lease import LEASE, Holder, holder, kill_switch, lease_ref
from chaos.check.planned import PlannedDeed, PlannedFault
from chaos.check.rights import Grant

__all__ = [
    "LEASE",
    "Checked",
    "Experiment",
    "Grant",
    "Holder",
    "PlannedDeed",
    "PlannedFault",
    "Refusal",
    "Refused",
    "Remark",
    "Target",
    "bound_plan",
    "changed_since",
    "examine",
    "holder",
    "kill_switch",
    "lease_ref",
]

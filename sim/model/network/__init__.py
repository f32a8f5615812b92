"""The network: links and hosts, the faults on them, and what a message or a SYN meets on its way."""

from __future__ import annotations

from sim.model.network.network import Network
from sim.model.network.resend import Resend
from sim.model.network.tcp import SYN_SCHEDULES, Schedule, data_schedule
from sim.model.network.way import HostState, Verdict, Way

__all__ = ["SYN_SCHEDULES", "HostState", "Network", "Resend", "Schedule", "Verdict", "Way", "data_schedule"]

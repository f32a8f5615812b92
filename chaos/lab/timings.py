"""How fast the lab's cluster notices that something is wrong: the two sets of timings, and changes to them.

Names are those of `sim/presets/timings.yaml` where that has the same number.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from sim.errors import UsageError

__all__ = ["DEFAULT", "FAST", "Timings", "timings"]


@dataclass(frozen=True, slots=True)
class Timings:
    """Every timing that `--timing NAME=VALUE` can change, in seconds. Defaults: Kubernetes 1.34 and etcd 3.6."""

    status_s: float = 10  # KubeletConfiguration.nodeStatusUpdateFrequency
    status_report_s: float = 300  # KubeletConfiguration.nodeStatusReportFrequency
    lease_s: float = 40  # KubeletConfiguration.nodeLeaseDurationSeconds; renewed each quarter of it
    monitor_period_s: float = 5  # kube-controller-manager --node-monitor-period
    grace_s: float = 50  # kube-controller-manager --node-monitor-grace-period
    toleration_s: float = 300  # kube-apiserver --default-{not-ready,unreachable}-toleration-seconds
    leader_lease_s: float = 15  # --leader-elect-lease-duration
    leader_deadline_s: float = 10  # --leader-elect-renew-deadline
    leader_retry_s: float = 2  # --leader-elect-retry-period
    etcd_heartbeat_s: float = 0.1  # etcd --heartbeat-interval
    etcd_election_s: float = 1  # etcd --election-timeout


DEFAULT = Timings()
# Source: docs/reality.md, the measured cluster with fast timings
FAST = Timings(status_s=2, status_report_s=2, lease_s=10, grace_s=12, toleration_s=5)
_SETS = {"default": DEFAULT, "fast": FAST}
_WHOLE = ("lease_s", "toleration_s")  # Kubernetes takes whole seconds for these


def timings(base: str, changes: tuple[str, ...] = ()) -> Timings:
    """Return a set of timings (`default` or `fast`) with changes such as `grace=20s` or `lease_s=15s`.

    Raises UsageError for an unknown set or name, a value that is no duration, a part of a second where Kubernetes
    takes whole ones, and a grace period that is not longer than the status period.
    """
    if base not in _SETS:
        raise UsageError(f"--timings: {base!r} is no set of timings; accepted: {', '.join(_SETS)}")
    result = replace(_SETS[base], **dict(_change(text) for text in changes))
    if result.grace_s <= result.status_s:
        raise UsageError(
            f"--timing: a grace period of {result.grace_s:g} s is not longer than the status period "
            f"({result.status_s:g} s): every node would be lost at once; accepted: grace > status"
        )
    return result


def _change(text: str) -> tuple[str, float]:
    from sim.quantities import parse_duration_s

    known = [field.name for field in fields(Timings)]
    name, equals, value = text.partition("=")
    full = name if name in known else f"{name}_s"
    if not equals or full not in known:
        accepted = ", ".join(known)
        raise UsageError(f"--timing: {text!r} is no timing; accepted: NAME=VALUE with one of {accepted}")
    try:
        value_s = parse_duration_s(value)
    except ValueError as error:
        raise UsageError(f"--timing: {text!r}: {error}") from None
    if value_s <= 0 or (full in _WHOLE and value_s != int(value_s)):
        raise UsageError(f"--timing: {text!r}: accepted: {'whole seconds' if full in _WHOLE else 'more than 0'}")
    return full, value_s

"""What the operating system's errors mean, in the words of `sim.policy.steps.FAILURES`."""

from __future__ import annotations

import errno
import socket
import ssl

from sim.errors import RunError
from sim.policy.steps import Result

__all__ = ["LocalShortage", "dial_failure", "loss"]

_DIAL: dict[int, Result] = {
    errno.ECONNREFUSED: "refused",  # RST to the SYN
    errno.EHOSTUNREACH: "unreachable",  # ICMP, a route of type unreachable, or no neighbour answered
    errno.ENETUNREACH: "unreachable",  # no route
    errno.EHOSTDOWN: "unreachable",
    errno.ENETDOWN: "unreachable",
    errno.EACCES: "unreachable",  # a route of type prohibit
    errno.EPERM: "unreachable",  # a local firewall
    errno.EINVAL: "unreachable",  # a route of type blackhole, seen by the sender itself
    errno.ETIMEDOUT: "dial_timeout",  # the kernel's own patience with SYNs
    errno.ECONNRESET: "reset",
    errno.ECONNABORTED: "reset",
    errno.EPIPE: "reset",
}
"""Linux `connect(2)`, `ip-route(8)` for the types of routes."""

_SHORTAGES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL)
_SILENCES = (errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH)


class LocalShortage(RunError):
    """This machine ran out of something that a connection needs: no fault of the system that is called."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"the load generator: {self.reason}; allow fewer calls in flight, keep connections alive, "
            "or raise the limits of this machine (ulimit -n, net.ipv4.ip_local_port_range)"
        )


def dial_failure(error: Exception) -> Result:
    """Return what a failed connect was. Raises LocalShortage if it was this machine's own.

    A name that does not resolve is `unreachable`; a TLS handshake that fails is `reset`: nothing was sent.
    """
    if isinstance(error, socket.gaierror):
        return "unreachable"
    if isinstance(error, ssl.SSLError | ConnectionError):
        return "refused" if isinstance(error, ConnectionRefusedError) else "reset"
    number = error.errno if isinstance(error, OSError) else None
    if number in _SHORTAGES:
        raise LocalShortage(str(error)) from error
    if isinstance(error, TimeoutError):
        return "dial_timeout"
    return "reset" if number is None else _DIAL.get(number, "unreachable")


def loss(error: Exception | None, *, reused: bool, read: bool) -> Result:
    """Return what it was that ended an established connection under a request; `error` None: the peer closed it."""
    if isinstance(error, OSError) and error.errno in _SILENCES:
        return "timeout"  # retransmissions went unanswered
    if read:
        return "cut"
    return "stale" if reused else "reset"

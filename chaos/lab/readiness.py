"""Looks whether a component is ready, once; the caller decides how often."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
from urllib.parse import urlsplit

from chaos.lab.component import Exists, Http, Listens, Probe

__all__ = ["ready"]

LIMIT_S = 1.0  # of one look


def ready(probe: Probe) -> bool:
    """Return whether a probe finds its component ready now; an answer after LIMIT_S counts as none."""
    match probe:
        case Http():
            return _answers(probe.url)
        case Listens():
            return _listens(probe.at)
        case Exists():
            return os.path.exists(probe.path)


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    connection = (
        http.client.HTTPSConnection(parts.netloc, timeout=LIMIT_S, context=_trusting())
        if parts.scheme == "https"
        else http.client.HTTPConnection(parts.netloc, timeout=LIMIT_S)
    )
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _trusting() -> ssl.SSLContext:
    """A context that looks at no certificate: kubelets and controllers sign their own, and we only ask for health."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _listens(at: str) -> bool:
    host, colon, port = at.rpartition(":")
    family, address = (socket.AF_INET, (host, int(port))) if colon else (socket.AF_UNIX, at)
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        tried.settimeout(LIMIT_S)
        return tried.connect_ex(address) == 0

"""Whom to call and with what: one request, rendered once."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import urlsplit

from sim.errors import UsageError

__all__ = ["METHODS", "Target"]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""No HEAD: httptools cannot be told that an answer has no body, and no CONNECT."""
_CHARACTERS = frozenset(map(chr, range(0x21, 0x7F)))
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Target:
    """One service and the request that every attempt sends. `body_bytes`: the size of its body.

    `secure`: whether connections are TLS. `ca_file`: whom to trust (None: the system's authorities). `server_name`: the
    name that the certificate must bear (None: `host`). There is no way to skip verification. `answer_max_bytes`: a
    longer answer is cut off.
    """

    host: str
    port: int
    path: str = "/"
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body_bytes: int = 0
    secure: bool = False
    ca_file: str | None = None
    server_name: str | None = None
    answer_max_bytes: int = 16 << 20

    def __post_init__(self) -> None:
        if not self.host or not _CHARACTERS.issuperset(self.host) or not 0 < self.port < 1 << 16:
            raise UsageError(f"target {self.host!r}:{self.port}; accepted: a host name or address, and a port")
        if self.method not in METHODS:
            raise UsageError(f"target {self.host}: method {self.method!r}; accepted: {', '.join(METHODS)}")
        if not self.path.startswith("/") or not _CHARACTERS.issuperset(self.path):
            raise UsageError(f"target {self.host}: path {self.path!r}; accepted: a path such as /api?n=1, escaped")
        for name, value in self.headers.items():
            if not _CHARACTERS.issuperset(name) or ":" in name or not (_CHARACTERS | {" ", "\t"}).issuperset(value):
                raise UsageError(f"target {self.host}: header {name!r}: {value!r}; accepted: printable ASCII")

    @classmethod
    def at(cls, url: str, **rest: object) -> Target:
        """Return the target of a URL, `http://host:port/path`; `rest` are further fields. Raises UsageError."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise UsageError(f"target {url!r}; accepted: http://host:port/path or https://…")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        secure = parts.scheme == "https"
        return cls(parts.hostname, parts.port or _PORTS[parts.scheme], path, secure=secure, **rest)  # type: ignore[arg-type]

    def request(self, *, keep_alive: bool) -> bytes:
        """Return the bytes of the request: HTTP/1.1, as `headers` say, `Host` and length added where missing."""
        named = {name.lower() for name in self.headers}
        lines = [f"{self.method} {self.path} HTTP/1.1"]
        if "host" not in named:
            lines.append(f"Host: {self._authority}")
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if not keep_alive:
            lines.append("Connection: close")
        if self.body_bytes or self.method in ("POST", "PUT", "PATCH"):
            lines.append(f"Content-Length: {self.body_bytes}")
        return "\r\n".join([*lines, "", ""]).encode("ascii") + b"x" * self.body_bytes

    @property
    def _authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """Return the context of verified TLS connections; made once, so that sessions can be resumed."""
        context = ssl.create_default_context(cafile=self.ca_file)
        context.set_alpn_protocols(["http/1.1"])
        return context

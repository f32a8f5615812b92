"""One HTTP GET under one time limit for everything: name, connect, TLS, answer. Redirects are never followed."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from threading import Timer
from time import monotonic
from urllib.parse import urlsplit

from sim.errors import HarnessError
from sim.quantities import show_duration

__all__ = ["Get", "NoAnswer"]

BODY_MAX_BYTES = 1 << 20  # assumption: one number and its labels are far smaller


class NoAnswer(HarnessError):
    """A server gave no whole answer in time. The words name its host only: URLs and headers may hold secrets."""


class Get:
    """Asks one server, one question at a time. `abort` ends a question that is under way, from any thread.

    TLS is verified against the system's authorities. Proxies of the environment are not used.
    """

    def __init__(self, url: str, limit_s: float) -> None:
        parts = urlsplit(url)
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._host, self._port = parts.hostname or "", parts.port or (443 if self._tls else 80)
        self._path, self._limit_s = parts.path.rstrip("/"), limit_s
        self._socket: socket.socket | None = None

    def answer(self, path: str, headers: dict[str, str]) -> tuple[int, bytes]:
        """Return status and body of `path` (below the URL's own). Raises NoAnswer."""
        until_s = monotonic() + self._limit_s
        watch = Timer(self._limit_s, self.abort)
        watch.daemon = True
        watch.start()
        try:
            return self._asked(path, headers, until_s)
        except (OSError, HTTPException) as error:
            late = monotonic() >= until_s or isinstance(error, TimeoutError)
            why = f"no whole answer within {show_duration(self._limit_s)}" if late else _words(error)
            raise NoAnswer(f"{self._host}:{self._port}: {why}") from None
        finally:
            watch.cancel()
            if self._socket is not None:
                self._socket.close()

    def abort(self) -> None:
        """End the question that is under way: whoever waits for its socket wakes up."""
        if self._socket is not None:
            with suppress(OSError):  # not connected, or closed already
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _asked(self, path: str, headers: dict[str, str], until_s: float) -> tuple[int, bytes]:
        connection = HTTPConnection(self._host, self._port)
        connection.sock = self._connected(until_s)
        try:
            connection.request("GET", self._path + path, headers={"Connection": "close", **headers})
            response = connection.getresponse()
            body = response.read(BODY_MAX_BYTES + 1)
            if len(body) > BODY_MAX_BYTES:
                raise HTTPException(f"an answer of more than {BODY_MAX_BYTES} bytes")
            if monotonic() >= until_s:  # an answer that ends with the connection is cut, and looks whole
                raise TimeoutError
            return response.status, body
        finally:
            connection.close()

    def _connected(self, until_s: float) -> socket.socket:
        failed: OSError = OSError("no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM):
            try:
                return self._dialled((family, kind, protocol), address, max(until_s - monotonic(), 0.001))
            except OSError as error:
                failed = error
        raise failed

    def _dialled(self, of: tuple[int, int, int], address: tuple[object, ...], limit_s: float) -> socket.socket:
        plain = self._socket = socket.socket(*of)
        try:
            plain.settimeout(limit_s)
            plain.connect(address)
            if self._tls is None:
                return plain
            wrapped = self._socket = self._tls.wrap_socket(
                plain, server_hostname=self._host, do_handshake_on_connect=False
            )
            wrapped.do_handshake()
            return wrapped
        except OSError:
            self._socket.close()
            raise


def _words(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return str(error) if type(error) is HTTPException else f"no HTTP answer ({type(error).__name__})"

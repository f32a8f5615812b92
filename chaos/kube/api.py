"""Calls to one API server through the official client's transport: TLS, tokens and certificates are its business.

Objects stay plain values, as the API sends them: what is put back must be what was there, field by field, and typed
models drop what they do not know. Nothing is retried here and nothing waits longer than its limit: who calls decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlencode, urlsplit

from chaos.kube.bounded import within
from sim.errors import HarnessError, UsageError

__all__ = ["MERGE", "STRATEGIC", "Kube", "KubeError", "KubeRefused", "KubeSilent"]

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
CONNECT_S = 2.0  # assumption: who does not answer a SYN within two of its sendings (at 0 and 1 s) does not answer
PLUGIN_S = 60.0  # assumption: a person who has to log in for a credential plugin takes no longer
CHUNK_BYTES = 65_536
NOT_FOUND, CONFLICT, GONE = 404, 409, 410


class KubeError(HarnessError):
    """A call to the Kubernetes API did not do what was asked."""


class KubeRefused(KubeError):
    """The API server answered no: `status`, `reason` (its word, such as `Forbidden`), and what it said."""

    def __init__(self, call: str, status: int, reason: str, said: str) -> None:
        super().__init__(call, status, reason, said)
        self.call, self.status, self.reason, self.said = call, status, reason, said

    def __str__(self) -> str:
        return f"{self.call}: the API server answers {self.status} {self.reason}: {self.said}"


class KubeSilent(KubeError):
    """The API server did not answer within the limit, or there is none: whether the call was carried out is unknown."""

    def __init__(self, call: str, why: str) -> None:
        super().__init__(call, why)
        self.call, self.why = call, why

    def __str__(self) -> str:
        return f"{self.call}: no answer from the API server: {self.why}"


class Kube:
    """One API server, asked by one person. Safe to use from several threads.

    `limit_s` bounds each part of a call: a credential plugin, the connection, the answer's first byte, its body.
    Not bounded are a resolver that hangs, and an answer whose head drips. Every call raises KubeRefused or KubeSilent.
    """

    def __init__(self, client: Any, server: str, context: str, limit_s: float = 5.0) -> None:
        self._client, self.server, self.context, self.limit_s = client, server, context, limit_s

    @classmethod
    def of(cls, kubeconfig: Path, context: str, limit_s: float = 5.0) -> Kube:
        """Return the API of a context that is named, never of the current one. Raises UsageError if there is none."""
        from kubernetes import client, config  # takes half a second to load

        settings = client.Configuration()
        settings.proxy = None  # HTTPS_PROXY of the person's shell is not the cluster's way
        settings.retries = False
        settings.connection_pool_maxsize = 16  # watches, probes, renewals and faults at once
        try:
            kubeconfig.stat()  # of a file that is not there the client says that it is invalid
            load = partial(config.load_kube_config, str(kubeconfig), context, settings, persist_config=False)
            within(PLUGIN_S, load, "reads a kubeconfig")
        except TimeoutError as error:
            said = f"{kubeconfig}: context {context!r}: its credential plugin has not ended within {PLUGIN_S:g} s"
            raise UsageError(f"{said}; accepted: one that does") from error
        except (config.ConfigException, OSError, TypeError) as error:
            known = ", ".join(_contexts(kubeconfig)) or "a kubeconfig that has it"
            raise UsageError(f"{kubeconfig}: no context {context!r} to use ({error}); accepted: {known}") from error
        if not settings.verify_ssl and settings.host.startswith("https"):
            raise UsageError(f"{kubeconfig}: context {context!r} does not verify the server's certificate; refused")
        if settings.host.startswith("http://") and not _is_loopback(settings.host):
            said = f"{kubeconfig}: context {context!r}: {settings.host} would get the credentials in the clear"
            raise UsageError(f"{said}; accepted: https (http on this machine alone)")
        return cls(client.ApiClient(settings), settings.host, context, limit_s)

    def within(self, limit_s: float) -> Kube:
        """Return the same API with another limit; connections are shared."""
        return Kube(self._client, self.server, self.context, limit_s)

    @property
    def settings(self) -> Any:
        """The client's configuration: addresses and certificates, for what is no HTTP call (`chaos.kube.tunnel`)."""
        return self._client.configuration

    def signed(self, path: str) -> tuple[str, list[str]]:
        """Return the URL of a path, and the headers by which the API server knows who asks."""
        url, headers = self._sign("GET", path, {})
        return url, [f"{name}: {value}" for name, value in headers.items()]

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Return the object, or the list, at a path."""
        return self._json("GET", path, query)

    def find(self, path: str) -> dict[str, Any] | None:
        """Return the object at a path, or None if there is none."""
        try:
            return self.get(path)
        except KubeRefused as error:
            if error.status == NOT_FOUND:
                return None
            raise

    def list(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Return the objects of a collection. (The API leaves `kind` and `apiVersion` of an item out.)"""
        return list(self.get(path, **query)["items"])

    def create(self, folder: str, body: dict[str, Any], **query: Any) -> dict[str, Any]:
        """Make an object in a collection and return it as it became."""
        return self._json("POST", folder, query, body)

    def replace(self, path: str, body: dict[str, Any], **query: Any) -> dict[str, Any]:
        """Replace an object; with a `resourceVersion` in it, only if it is still that version."""
        return self._json("PUT", path, query, body)

    def patch(self, path: str, body: Any, kind: str = MERGE, **query: Any) -> dict[str, Any]:
        """Change an object by a patch of the given content type."""
        return self._json("PATCH", path, query, body, kind)

    def delete(self, path: str, body: dict[str, Any] | None = None, **query: Any) -> dict[str, Any]:
        """Delete an object; `body` may carry `preconditions: {uid: …}`."""
        return self._json("DELETE", path, query, body)

    def watch(self, path: str, resource_version: str, limit_s: float, **query: Any) -> Iterator[dict[str, Any]]:
        """Yield the events of a collection from a version on, for `limit_s` at most; silence beyond that is KubeSilent.

        The server is asked to end the watch by itself within `limit_s`; whoever iterates may stop at any time.
        """
        query |= {"watch": "true", "resourceVersion": resource_version, "timeoutSeconds": max(1, int(limit_s))}
        call = f"watch {path}"
        answer = self._send("GET", path, query, None, "application/json", limit_s + 1.0)
        try:
            if answer.status >= 400:
                raise _refused(call, answer.status, answer.read())
            for line in _lines(answer.stream(amt=None, decode_content=False)):
                yield json.loads(line)
        except _silences() as error:
            raise KubeSilent(call, str(error)) from error
        finally:
            answer.close()

    def _json(
        self, method: str, path: str, query: dict[str, Any], body: Any = None, kind: str = "application/json"
    ) -> dict[str, Any]:
        call = f"{method} {path}"
        try:
            answer = self._send(method, path, query, body, kind, self.limit_s)
            data = _read(answer, monotonic() + self.limit_s)
        except _silences() as error:
            raise KubeSilent(call, str(error)) from error
        if answer.status >= 400:
            raise _refused(call, answer.status, data)
        try:
            result: dict[str, Any] = json.loads(data)
        except ValueError as error:  # a balancer's own page
            raise KubeSilent(call, f"what answers is no API server: {data[:80]!r}") from error
        return result

    def _send(self, method: str, path: str, query: dict[str, Any], body: Any, kind: str, limit_s: float) -> Any:
        """Return urllib3's answer, its body unread."""
        call, headers = f"{method} {path}", {"Accept": "application/json", "Content-Type": kind}
        try:
            url, headers = self._sign(method, path, headers)
            return self._client.rest_client.pool_manager.request(
                method,
                f"{url}?{urlencode(query)}" if query else url,
                body=None if body is None else json.dumps(body),
                headers=headers,
                timeout=_timeout(min(CONNECT_S, limit_s), limit_s),
                preload_content=False,
                retries=False,
            )
        except _silences() as error:
            raise KubeSilent(call, str(error)) from error

    def _sign(self, method: str, path: str, headers: dict[str, str]) -> tuple[str, dict[str, str]]:
        """Return the URL of a path, and the headers with the token; a plugin whose token has expired is asked anew.

        Raises KubeSilent if it takes longer than the limit.
        """
        sign = partial(self._client.param_serialize, method, path, header_params=headers, auth_settings=["BearerToken"])
        try:
            _, url, signed, _, _ = within(self.limit_s, sign, "asks for credentials")
        except TimeoutError as error:
            why = f"the credential plugin of context {self.context!r} has not ended within {self.limit_s:g} s"
            raise KubeSilent(f"{method} {path}", why) from error
        return url, signed


def _read(answer: Any, until_s: float) -> bytes:
    """Return the whole body of an answer; one that drips is given up at `until_s`, or at the piece after it."""
    pieces = []
    while piece := answer.read1(CHUNK_BYTES):
        pieces.append(piece)
        if monotonic() > until_s:
            answer.close()
            raise TimeoutError("the answer was not whole within the limit")
    return b"".join(pieces)


def _timeout(connect_s: float, read_s: float) -> Any:
    import urllib3

    return urllib3.Timeout(connect=connect_s, read=read_s)


def _silences() -> tuple[type[Exception], ...]:
    import urllib3

    return (urllib3.exceptions.HTTPError, OSError)


def _refused(call: str, status: int, data: bytes) -> KubeRefused:
    try:
        told = json.loads(data)
    except ValueError:
        told = {"message": data.decode(errors="replace")[:500]}
    if not isinstance(told, dict):
        told = {"message": str(told)}
    said = str(told.get("message", ""))
    causes = [str(each.get("message", "")) for each in (told.get("details") or {}).get("causes") or ()]
    said = " ".join((said, *(cause for cause in causes if cause not in said)))  # such as who forbids an eviction
    return KubeRefused(call, status, str(told.get("reason", "")), said)


def _lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    left = b""
    for piece in pieces:
        *whole, left = (left + piece).split(b"\n")
        yield from (line for line in whole if line.strip())


def _is_loopback(server: str) -> bool:
    host = urlsplit(server).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _contexts(kubeconfig: Path) -> list[str]:
    import yaml

    try:
        data = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        return [str(each["name"]) for each in data.get("contexts", [])]
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError):
        return []

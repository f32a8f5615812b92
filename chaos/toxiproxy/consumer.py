"""One call of one toxiproxy's API: toxiproxy-python's lowest layer, with what it lacks.

`toxiproxy.api.APIConsumer` 0.1.1 keeps host and port on the class, so one server is one subclass. It has no time-outs,
looks at three statuses only, obeys HTTP_PROXY and .netrc, and has no PATCH: all of that is put right here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chaos.toxiproxy.errors import ToxiproxyRefused, ToxiproxySilent
from sim.errors import UsageError

if TYPE_CHECKING:
    import requests

__all__ = ["ANSWER_LIMIT_S", "CONNECT_LIMIT_S", "Api"]

CONNECT_LIMIT_S = 1.0  # assumption: on loopback or a port-forward it takes milliseconds
ANSWER_LIMIT_S = 2.0  # toxiproxy answers in 0.7 ms, 38 ms under full load (measured); its own limit is 25 s
WORDS = 300  # letters of an answer that go into an error


class Api:
    """The calls of one server. Each is a connection of its own: after a restart none is stale."""

    def __init__(self, url: str) -> None:
        """Take `http://HOST:PORT`. Raises UsageError for anything else."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname or parts.path not in {"", "/"} or parts.query:
            raise UsageError(f"toxiproxy: {url!r} is no address of its API; accepted: http://HOST:PORT")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self.url = f"http://{host}:{parts.port or 8474}"
        self._consumer = _consumer(host, parts.port or 8474)

    def call(self, method: str, path: str, body: Any = None, limit_s: float = ANSWER_LIMIT_S) -> Any:
        """Return the JSON of a 2xx answer, None for an empty one.

        `limit_s`: for the answer, beside CONNECT_LIMIT_S for the connection; it bounds each silence of the server.
        Raises ToxiproxyRefused for any other status (and for an answer that is no JSON), ToxiproxySilent for none.
        """
        called = f"{method} {path}"
        reply = self._reply(method, path, body, limit_s)
        if not 200 <= reply.status_code < 300:
            raise ToxiproxyRefused(self.url, called, reply.status_code, _words(reply.content))
        if not reply.content:
            return None
        try:
            return json.loads(reply.content)
        except ValueError:
            raise ToxiproxyRefused(self.url, called, reply.status_code, _words(reply.content)) from None

    def _reply(self, method: str, path: str, body: Any, limit_s: float) -> requests.Response:
        import requests
        from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists

        call = getattr(self._consumer, method.lower())
        try:
            reply: requests.Response = call(
                path,
                timeout=(CONNECT_LIMIT_S, limit_s),
                allow_redirects=False,
                proxies={"http": "", "all": ""},  # an empty one is none; None would let ALL_PROXY through
                auth=_nobody,
                **({} if body is None else {"json": body}),
            )
        except (InvalidToxic, NotFound, ProxyExists) as error:  # what the library makes of 400, 404, 409
            status = {InvalidToxic: 400, NotFound: 404, ProxyExists: 409}[type(error)]
            raise ToxiproxyRefused(self.url, f"{method} {path}", status, _words(error.args[0])) from None
        except requests.ReadTimeout:
            why = f"no answer within {limit_s:g} s"
            raise ToxiproxySilent(self.url, f"{method} {path}", True, why) from None
        except requests.ConnectTimeout:
            why = f"no connection within {CONNECT_LIMIT_S:g} s"
            raise ToxiproxySilent(self.url, f"{method} {path}", False, why) from None
        except requests.RequestException as error:
            raise ToxiproxySilent(
                self.url, f"{method} {path}", False, f"the connection failed: {_cause(error)}"
            ) from None
        return reply


def _consumer(host: str, port: int) -> Any:
    import requests
    from toxiproxy.api import APIConsumer, validate_response

    class Consumer(APIConsumer):  # type: ignore[misc]
        """One server: the library's calls for its own host and port, and the verb that it lacks."""

        @classmethod
        def patch(cls, url: str, json: Any = None, **kwargs: Any) -> Any:
            return validate_response(requests.patch(f"http://{cls.host}:{cls.port}{url}", json=json, **kwargs))  # noqa: S113 (the caller gives it)

    Consumer.host, Consumer.port = host, port
    return Consumer


def _nobody(request: Any) -> Any:
    """Add no credentials: given none at all, requests would look for some in .netrc."""
    return request


def _words(content: bytes) -> str:
    """Return the server's own words: the `error` of its JSON, or the beginning of whatever else it sent."""
    text = content.decode(errors="replace").strip()
    try:
        said = json.loads(text)
    except ValueError:
        return text[:WORDS]
    return str(said["error"])[:WORDS] if isinstance(said, dict) and "error" in said else text[:WORDS]


def _cause(error: BaseException) -> str:
    """Return the innermost reason: requests wraps it three times."""
    inner: Any = error.args[0] if error.args else error
    reason = getattr(inner, "reason", inner)
    return str(reason).rpartition(": ")[2][:WORDS]

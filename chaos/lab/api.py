"""The Kubernetes API, as far as the lab itself needs it: read, apply, delete, with the administrator's token.

The standard library is enough for four kinds of calls: importing the `kubernetes` client takes as long as half of the
rest of a warm `up` does before the API server answers.
"""

from __future__ import annotations

import http.client
import json
import ssl
from pathlib import Path
from typing import Any

from chaos.lab.errors import LabError
from chaos.lab.site import Site

__all__ = ["Api", "ApiRefused", "api_of", "path_of"]

LIMIT_S = 5.0  # of one call
CLUSTER_WIDE = ("Namespace", "Node", "ClusterRole", "ClusterRoleBinding")


class ApiRefused(LabError):
    """The API server said no: the call, the status, its own words."""


class Api:
    """Calls one API server. Each call is a connection of its own: an answer never depends on an older call."""

    def __init__(self, address: str, authority: Path, token: str) -> None:
        self._address = address
        self._context = ssl.create_default_context(cafile=str(authority))
        self._token = token

    def get(self, path: str) -> dict[str, Any]:
        """Return what is at a path such as `/api/v1/nodes`. Raises ApiRefused, or LabError without an answer."""
        return self._call("GET", path)

    def apply(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """Make an object what its manifest says, by server-side apply, whether it was there or not."""
        query = "?fieldManager=weatherglass&force=true"
        return self._call("PATCH", path_of(manifest) + query, manifest, "application/apply-patch+yaml")

    def delete(self, path: str) -> dict[str, Any]:
        """Delete what is at a path."""
        return self._call("DELETE", path)

    def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, kind: str = "application/json"
    ) -> dict[str, Any]:
        connection = http.client.HTTPSConnection(self._address, timeout=LIMIT_S, context=self._context)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind}
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException) as error:
            raise LabError(f"{method} {path}: no answer from the API server at {self._address}: {error}") from error
        finally:
            connection.close()
        if answer.status >= http.client.BAD_REQUEST:
            raise ApiRefused(f"{method} {path}: status {answer.status}: {text}")
        result: dict[str, Any] = json.loads(text)
        return result


def api_of(site: Site) -> Api:
    """Return the API of a lab, for its administrator."""
    return Api(site.places.api, Path(site.certificate("ca.crt")), site.tokens["admin"])


def path_of(manifest: dict[str, Any]) -> str:
    """Return where an object lives: `/apis/apps/v1/namespaces/shop/deployments/front`."""
    version, kind, metadata = manifest["apiVersion"], manifest["kind"], manifest["metadata"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    place = "" if kind in CLUSTER_WIDE else f"/namespaces/{metadata['namespace']}"
    return f"{root}{place}/{kind.lower()}s/{metadata['name']}"

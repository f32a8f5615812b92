"""The names of a proxy that stands in front of a service in the cluster: how it is called, and how it is found."""

from __future__ import annotations

from typing import NamedTuple

from chaos.deeds.hands import Hands
from chaos.kube import Ref
from sim.errors import UsageError

__all__ = ["API_PORT", "BY", "GUARDIAN_PORT", "LISTEN_PORT", "OF", "PREFIX", "Front", "front_of", "link_of"]

PREFIX = "service/"
"""A link of this form, with a service of the binding, is the way through a proxy that we put before the service."""

OF = "weatherglass.dev/in-front-of"  # label: the service's real name
BY = "weatherglass.dev/interposed-by"  # label: the run
MOST_LETTERS = 63  # source: kubernetes apimachinery 0.34.4, util/validation, DNS1035LabelMaxLength, of a service's name
API_PORT, GUARDIAN_PORT = 8474, 8475  # on the pod's own loopback; toxiproxy's default, and the guardian's
LISTEN_PORT = 20_000  # the first one that it listens on: above what only root may


def link_of(service: str) -> str:
    """Return the link through the proxy before a service of the binding."""
    return f"{PREFIX}{service}"


class Front(NamedTuple):
    """The proxy before one service. `service` and `namespace`: its real names."""

    namespace: str
    service: str

    @property
    def name(self) -> str:
        """What all of our objects are called: deployment, config map, and the service that leads on to the pods."""
        return f"{self.service}-weatherglass"

    @property
    def target(self) -> Ref:
        """The service itself."""
        return Ref("Service", self.service, self.namespace)

    @property
    def objects(self) -> tuple[Ref, ...]:
        """Our objects, in the order in which they are made."""
        return tuple(Ref(kind, self.name, self.namespace) for kind in ("Service", "ConfigMap", "Deployment"))

    @property
    def selector(self) -> dict[str, str]:
        """The labels by which the service finds our pod, and nothing else."""
        return {OF: self.service}

    @property
    def words(self) -> str:
        """The selector as the API and kubectl take it."""
        return f"{OF}={self.service}"

    def pod(self, hands: Hands) -> Ref | None:
        """Return the pod of the proxy that runs now: the youngest, if two do."""
        pods = hands.kube.list(Ref("Pod", "", self.namespace).folder, labelSelector=self.words)
        running = [
            pod["metadata"]
            for pod in pods
            if pod["status"].get("phase") == "Running" and "deletionTimestamp" not in pod["metadata"]
        ]
        if not running:
            return None
        youngest = max(running, key=lambda metadata: (metadata["creationTimestamp"], metadata["name"]))
        return Ref("Pod", youngest["name"], self.namespace)


def front_of(hands: Hands, service: str) -> Front:
    """Return the names of the proxy before a service of the binding. Raises UsageError if the binding has none such."""
    bound = hands.binding.services.get(service)
    if bound is None:
        known = ", ".join(hands.binding.services) or "none"
        raise UsageError(f"the binding has no service {service!r}; it has {known}")
    made = Front(bound.namespace, bound.name or service)
    if len(made.name) > MOST_LETTERS:
        raise UsageError(f"{made.target}: its name is too long for a proxy's before it; accepted: {MOST_LETTERS - 13}")
    return made

"""What is put before a service asks for little, and a service that it would break is refused."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from chaos.binding import Images
from chaos.deeds.front import Front
from chaos.deeds.front_manifests import manifests, ports_swapped, proxies
from chaos.deeds.swap import refusal, way_back

FRONT = Front("shop", "checkout")
PORTS: list[dict[str, Any]] = [
    {"name": "http", "port": 80, "protocol": "TCP", "targetPort": "web", "nodePort": 30080},
    {"name": "admin", "port": 8443, "protocol": "TCP", "targetPort": 8443},
]
SPEC = {"type": "NodePort", "clusterIP": "10.0.0.1", "selector": {"app": "checkout", "tier": "web"}, "ports": PORTS}
IMAGES = Images(guardian="guardian:1")


def test_nothing_more_than_needed_is_asked_for():
    """No root, no privilege, no token, nothing writable; requests and a memory limit for every container."""
    _, _, deployment = manifests(FRONT, "r1", SPEC, IMAGES, "10.0.0.9")
    pod = deployment["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert "hostNetwork" not in pod
    for container in pod["containers"]:
        locked = container["securityContext"]
        assert (locked["allowPrivilegeEscalation"], locked["readOnlyRootFilesystem"]) == (False, True)
        assert locked["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["requests"].keys() >= {"memory", "cpu"}
        assert "memory" in container["resources"]["limits"]


def test_the_api_listens_on_the_pods_loopback_only():
    """Neither toxiproxy's API nor the guardian's can be reached from another pod, and no service leads to them."""
    service, _, deployment = manifests(FRONT, "r1", SPEC, IMAGES, "10.0.0.9")
    toxiproxy, guardian = deployment["spec"]["template"]["spec"]["containers"]
    assert toxiproxy["args"][:4] == ["-host", "127.0.0.1", "-port", "8474"]
    assert guardian["args"][:2] == ["-listen", "127.0.0.1:8475"]
    assert {each["containerPort"] for each in toxiproxy["ports"]} == {20000, 20001}
    assert {each["port"] for each in service["spec"]["ports"]} == {80, 8443}


def test_without_a_guardian_processes_are_not_shared():
    """Where nobody is to kill anything, nobody sees another container's processes."""
    _, _, deployment = manifests(FRONT, "r1", SPEC, Images(), "10.0.0.9")
    pod = deployment["spec"]["template"]["spec"]
    assert [container["name"] for container in pod["containers"]] == ["toxiproxy"]
    assert pod["shareProcessNamespace"] is False


def test_the_service_behind_is_as_the_service_was():
    """The same pods by the same ports; what is of the outside (node ports, its type) stays with the service itself."""
    service, _, _ = manifests(FRONT, "r1", SPEC, IMAGES, "")
    assert service["spec"]["selector"] == SPEC["selector"]
    assert service["spec"]["type"] == "ClusterIP"
    assert [port["targetPort"] for port in service["spec"]["ports"]] == ["web", 8443]
    assert all("nodePort" not in port for port in service["spec"]["ports"])


def test_each_port_has_a_proxy_that_is_configured_healthy():
    """So a restart heals them all: they are in toxiproxy's own configuration."""
    _, config, _ = manifests(FRONT, "r1", SPEC, IMAGES, "10.0.0.9")
    assert yaml.safe_load(config["data"]["proxies.json"]) == [
        {"name": "port-80", "listen": ":20000", "upstream": "10.0.0.9:80", "enabled": True},
        {"name": "port-8443", "listen": ":20001", "upstream": "10.0.0.9:8443", "enabled": True},
    ]
    assert proxies(PORTS, "fd00::9")[0]["upstream"] == "[fd00::9]:80"


def test_there_and_back_is_where_it_was():
    """The patch back names every key that the way there has added, and all ports as they were, node ports too."""
    assert way_back(FRONT, SPEC) == {
        "spec": {"selector": {"weatherglass.dev/in-front-of": None, "app": "checkout", "tier": "web"}, "ports": PORTS}
    }
    assert [port.get("nodePort") for port in ports_swapped(PORTS)] == [30080, None]


def test_what_somebody_wrote_meanwhile_stays():
    """A service that is applied again while it is behind a proxy has both selectors: ours goes, theirs stays."""
    new = {"port": 9090, "targetPort": 9090}
    now = {"selector": FRONT.selector | {"app": "checkout-2"}, "ports": [ports_swapped(PORTS)[0], new]}
    assert way_back(FRONT, SPEC, now) == {
        "spec": {
            "selector": {"weatherglass.dev/in-front-of": None, "app": "checkout-2", "tier": "web"},
            "ports": [PORTS[0], new],
        }
    }


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"selector": {}}, "no selector"),
        ({"selector": None}, "no selector"),
        ({"clusterIP": "None"}, "headless"),
        ({"type": "ExternalName", "selector": None}, "ExternalName"),
        ({"ports": [PORTS[0], {"port": 53, "protocol": "UDP"}]}, "ports 53 are not TCP"),
        ({"externalTrafficPolicy": "Local"}, "externalTrafficPolicy"),
        ({"internalTrafficPolicy": "Local"}, "internalTrafficPolicy"),
        ({"selector": FRONT.selector}, "behind one already"),
    ],
)
def test_a_service_that_it_would_break_is_refused(changed, said):
    """With the reason; every other one may be put behind a proxy."""
    assert said in (refusal({"spec": SPEC | changed}) or "")
    assert refusal({"spec": SPEC}) is None

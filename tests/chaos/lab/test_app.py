from __future__ import annotations

import pytest

from chaos.lab.api import path_of
from chaos.lab.app import SERVICES, entry, manifests, service_links
from chaos.lab.names import name_service
from chaos.lab.places import places
from chaos.lab.shape import shape

WHERE = places(shape(), 200)
IMAGES = {"service": "weatherglass.local/service:1", "bootstrapper": "weatherglass.local/bootstrapper:1"}


def test_the_call_graph_is_made_of_links():
    """Three services in a row, and the audited client of its service."""
    assert service_links(WHERE) == (
        ("client->front", "10.200.240.20:80"),
        ("front->cart", "10.200.240.21:80"),
        ("cart->stock", "10.200.240.22:80"),
        ("bootstrapper->label-studio", "10.200.240.23:8080"),
    )


def test_services_have_the_addresses_that_their_links_lead_to():
    """A proxy is started before its service is made: both must agree beforehand."""
    made = [each["spec"] for each in manifests(WHERE, IMAGES, 3) if each["kind"] == "Service"]
    made = [spec for spec in made if spec["clusterIP"] != "None"]
    assert [f"{spec['clusterIP']}:{spec['ports'][0]['port']}" for spec in made] == [
        to for _, to in service_links(WHERE)
    ]


def test_callers_dial_the_link_and_not_the_service():
    """What a service calls is the entry of the other's link."""
    settings = {
        container["name"]: {each["name"]: each["value"] for each in container["env"]}
        for manifest in manifests(WHERE, IMAGES, 3)
        if manifest["kind"] == "Deployment"
        for container in manifest["spec"]["template"]["spec"]["containers"]
    }
    called = {service.name: service.calls for service in SERVICES if service.calls}
    assert {name: settings[name]["DEPENDENCY"] for name in called} == {
        name: entry(WHERE, other) for name, other in called.items()
    }
    assert settings["bootstrapper"]["TARGET"] == entry(WHERE, "label-studio")


@pytest.mark.parametrize(("nodes", "replicas"), [(1, 2), (2, 2), (3, 3), (9, 3)])
def test_replicas_are_spread_over_the_nodes(nodes, replicas):
    """One a node up to three, and never a single one where a node may be lost."""
    made = {
        each["metadata"]["name"]: each["spec"] for each in manifests(WHERE, IMAGES, nodes) if "replicas" in str(each)
    }
    assert [made[name]["replicas"] for name in ("front", "cart", "stock")] == [replicas] * 3
    assert made["label-studio"]["replicas"] == made["bootstrapper"]["replicas"] == 1


def test_objects_live_where_the_api_keeps_them():
    """Paths of the kinds that the lab applies. Source: the Kubernetes API reference, 1.34."""
    assert {path_of(each) for each in (*name_service(WHERE), *manifests(WHERE, IMAGES, 3)[:5])} == {
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/weatherglass:coredns",
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/weatherglass:coredns",
        "/api/v1/namespaces/kube-system/services/kube-dns",
        "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices/kube-dns",
        "/api/v1/namespaces/shop",
        "/api/v1/namespaces/audited",
        "/api/v1/namespaces/shop/services/front",
        "/api/v1/namespaces/shop/services/front-pods",
        "/apis/apps/v1/namespaces/shop/deployments/front",
    }

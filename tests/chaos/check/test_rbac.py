from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chaos.check.rbac import NAMELESS, manifests, rules
from chaos.deeds import Right

VERBS = st.sampled_from(["get", "list", "watch", "create", "update", "patch", "delete"])
RIGHTS = st.builds(
    Right,
    VERBS,
    st.sampled_from(["", "apps"]),
    st.sampled_from(["pods", "pods/eviction", "deployments"]),
    st.sampled_from(["", "shop", "chaos"]),
    st.sampled_from(["", "front", "cart"]),
)


def _grants(made, right):
    """Whether a role of the right's place grants it, as the RBAC authorizer decides."""
    kind = "Role" if right.namespace else "ClusterRole"
    for each in made:
        if each["kind"] != kind or each["metadata"].get("namespace", "") != right.namespace:
            continue
        for rule in each["rules"]:
            fits = right.group in rule["apiGroups"] and right.resource in rule["resources"]
            names = rule.get("resourceNames")
            if fits and right.verb in rule["verbs"] and (names is None or right.name in names):
                return True
    return False


@given(st.lists(RIGHTS, max_size=12))
def test_a_manifest_grants_all_that_is_needed_and_nothing_else(needs):
    """Every right that was asked for, and of the others only the same verb without a name."""
    made = manifests(("chaos", "runner"), needs)
    assert all(_grants(made, right) for right in needs)
    asked = {right._replace(name="") if right.verb in NAMELESS else right for right in needs}
    granted = [
        Right(verb, rule["apiGroups"][0], rule["resources"][0], each["metadata"].get("namespace", ""), name)
        for each in made
        if "rules" in each
        for rule in each["rules"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames", [""])
    ]
    assert {*granted} <= asked


def test_each_place_has_a_role_and_a_binding_of_it():
    """A namespace its Role, what lives in none a ClusterRole; all for the one account."""
    needs = [Right("get", "", "nodes", name="worker-1"), Right("list", "", "pods", "shop")]
    made = manifests(("chaos", "runner"), needs)
    assert [(each["kind"], each["metadata"]) for each in made] == [
        ("ServiceAccount", {"name": "runner", "namespace": "chaos"}),
        ("ClusterRole", {"name": "weatherglass-runner"}),
        ("ClusterRoleBinding", {"name": "weatherglass-runner"}),
        ("Role", {"name": "weatherglass-runner", "namespace": "shop"}),
        ("RoleBinding", {"name": "weatherglass-runner", "namespace": "shop"}),
    ]
    assert {each["subjects"][0]["name"] for each in made if "subjects" in each} == {"runner"}


def test_rights_of_one_resource_are_one_rule():
    """Verbs together, names together; a verb that cannot be tied to a name stands without."""
    needs = [Right(verb, "apps", "deployments", "shop", "front") for verb in ("get", "patch", "list")]
    assert rules(needs) == [
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"], "resourceNames": ["front"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["list"]},
    ]

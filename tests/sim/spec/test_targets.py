"""Whom a fault may hit, as a file says it."""

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.spec.schema import file_schema
from sim.spec.targets import how_many
from sim.spec.yaml_core import parse

LABELS = ("a: {cpu: 4}", "a: {cpu: 4, zone: east, labels: {disk: ssd, example.com/rack: r-1}}")
AT = "faults.gone"


def _with(small: str, node: str, pick: str = "") -> str:
    text = small.replace(*LABELS).replace("b: {like: a}", "b: {zone: west}")
    return text.replace("node: a,", f"node: {node}, pick: {pick}," if pick else f"node: {node},")


@pytest.mark.parametrize(
    ("node", "pick", "problem"),
    [
        ("x", "", "node: 'x' is no node; known: a, b, c"),
        ("[a, x]", "", "node[1]: 'x' is no node; known: a, b, c"),
        ("[a, b, a]", "", "node[2]: 'a' stands here twice; accepted: each node once"),
        ("[]", "", "node"),
        ("{}", "", "node: {} is not accepted; accepted: a node's name, a list of names, or at least one of zone, role"),
        ("{zone: nowhere}", "", "node.zone: 'nowhere' is no zone; known: east, west"),
        ("{zone: wests}", "", "node.zone: 'wests' is no zone; did you mean west? known: east, west"),
        ("{role: master}", "", "node.role: 'master' is no choice here; known: server, agent"),
        (
            "{lable: {disk: ssd}}",
            "",
            "node.lable: 'lable' is no field here; did you mean label? known: zone, role",
        ),
        ("{label: {disc: ssd}}", "", "node.label.disc: 'disc' is no label of a node; did you mean disk? known: disk"),
        ("{label: {disk: hdd}}", "", "node.label.disk: no node has the label disk: hdd; known values: ssd"),
        ("{zone: west, role: server}", "", "node: no node fits zone: west, role: server; accepted: a choice that at"),
        ("{zone: west}", "3", "pick: '3' is more than there are; accepted: at most 2"),
        ("{zone: east}", "0", "pick: '0' is not accepted; accepted: one, all, a count such as 2, or a share such"),
        ("{zone: east}", "0%", "pick: '0%' is not accepted; accepted: one, all, a count such as 2, or a share su"),
        ("{zone: east}", "1.5", "pick: '1.5' is not accepted; accepted: one, all, a count such as 2, or a share s"),
        ("{zone: east}", "some", "pick: 'some' is not accepted; accepted: one, all, a count such as 2, or a share"),
        ("{zone: east}", "true", "pick: 'true' is not accepted; accepted: one, all, a count such as 2, or a share"),
    ],
)
def test_errors_name_what_is_accepted(problems, small, node, pick, problem):
    """Line and path, what was given, what there is to choose from; one error for one mistake."""
    found = problems(_with(small, node, pick))
    assert len(found) == 1
    assert found[0].startswith(f"22: {AT}.{problem}")


GOOD = ["a", "[a]", "[a, c]", "{zone: east}", "{role: agent}", "{zone: east, role: server}", "{label: {disk: ssd}}"]


@pytest.mark.parametrize("node", GOOD)
@pytest.mark.parametrize("pick", ["", "one", "all", "1", "30%", "0.5"])
def test_the_forms_that_people_write_load_and_validate(loaded, small, node, pick):
    """A name, a list, a choice; and the editor's schema accepts what the loader does."""
    text = _with(small, node, pick)
    assert loaded(text).base.faults["gone"].node
    assert list(jsonschema.Draft202012Validator(file_schema()).iter_errors(parse(text, "it.yaml").data)) == []


@pytest.mark.parametrize("label", ['{"-disk": ssd}', "{disk: true}", '{disk: "two words"}', "{a/b/c: x}", "{a/: x}"])
def test_a_label_is_one_that_kubernetes_takes(problems, small, label):
    """What no real node could carry is refused."""
    found = problems(small.replace("a: {cpu: 4}", f"a: {{cpu: 4, labels: {label}}}"))
    assert [problem.partition(": ")[2][:22] for problem in found] == ["cluster.nodes.a.labels"]


def test_pods_are_killed_by_count_or_by_share(loaded, problems, small):
    """A share is of the pods that there are, rounded up; both at once is an error."""
    kill = "{kind: pod_kill, workload: api, at: 2m%s}"
    old = "{kind: node_loss, node: a, at: 2m, for: 3m}"
    small = small.replace("repair:\n  gone: {noticed: {lognormal: {p50: 4h, p99: 2d}}, crew: night}\n", "")
    told = {
        more: [loaded(small.replace(old, kill % more)).base.faults["gone"].how_many(pods) for pods in (0, 1, 3, 10)]
        for more in ("", ", count: 2", ", share: 30%", ", share: 100%")
    }
    assert told == {
        "": [0, 1, 1, 1], ", count: 2": [0, 1, 2, 2], ", share: 30%": [0, 1, 1, 3], ", share: 100%": [0, 1, 3, 10],
    }  # fmt: skip
    both = problems(small.replace(old, kill % ", count: 2, share: 30%"))
    assert [problem.partition("; given")[0] for problem in both] == ["22: faults.gone: give count or share, not both"]
    assert len(problems(small.replace(old, kill % ", share: 0%"))) == 1


@given(share=st.integers(1, 100), of=st.integers(1, 1000))
def test_a_share_is_rounded_up(share, of):
    """Exactly, for every share in whole per cent, whatever floating point makes of it."""
    assert how_many(share / 100, of) == -(-share * of // 100)

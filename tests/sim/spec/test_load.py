"""From text to values, and every error at once."""

from __future__ import annotations

import pickle

import pytest

from sim.errors import ScenarioError
from sim.spec.load import load
from sim.spec.source import shipped


def test_a_small_scenario_loads_with_all_its_names_resolved(loaded, small):
    """Siblings are copied, presets filled in, quantities in base units."""
    document = loaded(small)
    base = document.base
    assert document.options == ("as-is", "more")
    assert [(node.cpu, node.memory) for node in base.cluster.nodes.values()] == [(4, 2**34), (4, 2**34), (4, 2**33)]
    assert list(base.transports) == ["quick", "go-net-http"]
    assert (base.transports["quick"].dial_timeout, base.transports["quick"].idle_max) == (1.0, 100)
    assert list(base.policies) == ["patient", "none"]
    assert base.faults["flap"].built()["lossy"].share == 0.9
    assert document.option("more").workloads["api"].replicas == 5
    assert document.option("as-is") == document.option("as-written")


def test_a_file_without_options_has_the_one_that_changes_nothing(loaded, small):
    """`as-written` is the option of a file that declares none."""
    document = loaded(small.partition("options:")[0])
    assert (document.options, document.option("as-written")) == (("as-written",), document.base)


def test_a_document_survives_pickling(loaded, small):
    """Workers in other processes get the same values."""
    document = loaded(small)
    assert pickle.loads(pickle.dumps(document)) == document  # noqa: S301


def test_an_unknown_option_names_the_known_ones(loaded, small):
    """Asking for an option that the file does not have is an input error."""
    with pytest.raises(ScenarioError, match=r"it.yaml: options: 'mor' is no option; did you mean more\? known: as-wri"):
        loaded(small).option("mor")


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_scenario_is_valid(name):
    """What ships with the tool can be run, each option of it."""
    document = load(name)
    stem = name.rpartition("/")[2]
    assert [document.option(option).name for option in document.options] == [stem] * len(document.options)


BROKEN = [
    ("name: small", "name: Small", "2: name: 'Small' is no name; accepted: lower-case letters, digits and -"),
    ("why: Does it work?", "why: [a]", "3: why: [a] is not accepted; accepted: text"),
    ("10m", "10", "4: run.duration: '10' has no unit; accepted: a duration such as 5s, 250ms, 1m30s or 3d"),
    ("10m", "0s", "4: run.duration: '0s' is out of range; accepted: more than 0"),
    ("10m", "-1m", "4: run.duration: '-1m' is not accepted; accepted: a duration such as"),
    ("10m", "ten minutes", "4: run.duration: 'ten minutes' is not accepted; accepted: a duration such as"),
    ("warmup:", "warm_up:", "4: run.warm_up: 'warm_up' is no field here; did you mean warmup? known: duration, warmup"),
    ("{duration: 10m, warmup: 1m}", "{}", "4: run.duration: is missing"),
    ("{duration: 10m, warmup: 1m}", "5m", "4: run: '5m' is not accepted; accepted: a map"),
    ("{cpu: 4}", "{cpu: 4, cordoned: yes}", "7: cluster.nodes.a.cordoned: 'yes' is not accepted; accepted: true or fa"),
    ("{cpu: 4}", "{cpu: lots}", "7: cluster.nodes.a.cpu: 'lots' is not accepted; accepted: an amount of CPU such as"),
    ("{cpu: 4}", "{gpu: 1.5}", "7: cluster.nodes.a.gpu: '1.5' is not accepted; accepted: a whole number"),
    ("{cpu: 4}", "{kernel: linux}", "7: cluster.nodes.a.kernel: 'linux' is no choice here; did you mean linux-6.5? k"),
    ("a: {cpu: 4}", "a: {like: c}", "8: cluster.nodes.b.like: 'a' leads back here: a → c → b → a"),
    ("b: {like: a}", "b: {like: aa}", "8: cluster.nodes.b.like: 'aa' is no entry of nodes; did you mean a? known: a, "),
    ("    b: {like", "    B_: {like", "8: cluster.nodes.B_: 'B_' is no name; accepted: lower-case letters, digits and"),
    ("replicas: 3", "replicas: true", "12: workloads.api.replicas: 'true' is not accepted; accepted: a whole number"),
    ("replicas: 3", 'replicas: "3"', "12: workloads.api.replicas: '3' is not accepted; accepted: a whole number"),
    ("replicas: 3", "replicas: -1", "12: workloads.api.replicas: '-1' is out of range; accepted: at least 0"),
    ("mean: 20ms", "men: 20ms", "12: workloads.api.serves.takes.exponential.mean: is missing"),
    ("mean: 20ms", "mean: 20", "12: workloads.api.serves.takes.exponential.mean: '20' has no unit; accepted: a durati"),
    ("exponential:", "exponental:", "12: workloads.api.serves.takes: {exponental: {mean: 20ms}} has the keys exponent"),
    ("{exponential: {mean: 20ms}}", "20", "12: workloads.api.serves.takes: '20' has no unit; accepted: a duration"),
    ("{exponential: {mean: 20ms}}", "{uniform: {low: 3s, high: 2s}}", "12: workloads.api.serves.takes.uniform: high m"),
    ("{exponential: {mean: 20ms}}", "{lognormal: {p50: 1s}}", "12: workloads.api.serves.takes.lognormal: give p50 and"),
    ("{poisson: 50/s}", "{poison: 50/s}", "16: clients.shop.arrivals: {poison: 50/s} is not accepted; accepted: one k"),
    ("50/s", "50", "16: clients.shop.arrivals.poisson: '50' has no unit; accepted: a rate such as 50/s, 10/m or 2/h"),
    ("policy: patient", "policy: patent", "16: clients.shop.policy: 'patent' is no policy; did you mean patient? know"),
    ("transport: quick", "transport: quik", "16: clients.shop.transport: 'quik' is no transport; did you mean quick?"),
    ("  quick: {", "  wget: {", "18: transports.wget: 'wget' is a preset; accepted: another name (like: wget copies i"),
    ("attempts: 3", "attempts: 0", "20: policies.patient.attempts: '0' is out of range; accepted: at least 1"),
    ("kind: retry", "kind: retri", "20: policies.patient: kind: 'retri' is no policy; accepted: kind: none, retry"),
    ("kind: node_loss", "kind: nodeloss", "22: faults.gone.kind: 'nodeloss' is no kind; did you mean node_loss? known"),
    ("{kind: node_loss, ", "{", "22: faults.gone: {node: a, at: 2m, for: 3m} is not accepted; accepted: a map with ki"),
    ("share: 90%", "share: 120%", "30: faults.flap.kinds.lossy.fault.share: '120%' is not accepted; accepted: a share"),
    ("kind: loss,", "kind: node_loss,", "30: faults.flap.kinds.lossy.fault.kind: 'node_loss' is no kind;"),
    ("    down: 5s\n", "", "23: faults.flap: nobody says how long a down phase lasts; give down, or lasts for lossy; "),
    ("p99: 2d", "p99: 2h", "33: repair.gone.noticed.lognormal: p99 must be greater than p50; given: {p50: 4h, p99: 2h"),
    ("at_least: 99.9%", "at_least: 99.9", "35: steady.calls.at_least: '99.9' is not accepted; accepted: a share betwe"),
    ("at_most: 5s", "at_most: 5", "37: objectives.back.at_most: '5' has no unit; accepted: a duration such as 5s or 2"),
    (", at_most: 5s", "", "37: objectives.back: give at_least or at_most; given: {of: client/shop, metric: recovery_s"),
    ("recovery_s", "recoverys", "37: objectives.back.metric: 'recoverys' is no choice here; did you mean recovery_s? "),
    ("objectives:", "objectivs:", "36: objectivs: 'objectivs' is no field here; did you mean objectives? known: versi"),
    ("version: 1", "version: 2", "1: version: '2' is not known to this weatherglass; accepted: 1 (a newer file needs "),
    ("version: 1\n", "", " version: is missing; accepted: version: 1, the first line of every scenario"),
]  # fmt: skip


@pytest.mark.parametrize(("good", "bad", "said"), BROKEN)
def test_a_mistake_is_told_once_with_line_path_and_what_is_accepted(problems, small, good, bad, said):
    """One mistake is one problem, also with two options: it quotes what stands in the file."""
    assert good in small
    found = problems(small.replace(good, bad, 1))
    assert [line[: len(said)] for line in found if line.startswith(said)] == [said], found


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(problems, small):
    """Nobody has to fix one error to see the next."""
    text = small.replace("10m", "ten").replace("cpu: 4", "cpus: 4").replace("90%", "lots")
    text = text.replace("replicas: 5", "replicas: five")
    assert [line.split(": ")[:2] for line in problems(text)] == [
        ["4", "run.duration"],
        ["7", "cluster.nodes.a.cpus"],
        ["30", "faults.flap.kinds.lossy.fault.share"],
        ["40", "options.more.set.workloads.api.replicas"],
    ]


def test_a_hopeless_file_is_refused_with_its_first_500_problems(problems, small):
    """Forty thousand unknown fields under many options: the list ends, and says so."""
    found = problems("".join(f"x{n}: 1\n" for n in range(40_000)) + small)
    assert len(found) == 501
    assert found[-1] == " has 500 problems or more; the others are told when these are gone"


def test_a_long_chain_of_siblings_is_copied(loaded, small):
    """`like` is followed as far as it goes."""
    chain = "".join(f"    n{n}: {{like: n{n + 1}}}\n" for n in range(3000)) + "    n3000: {cpu: 2}\n"
    assert loaded(small.replace("  nodes:\n", "  nodes:\n" + chain)).base.cluster.nodes["n0"].cpu == 2


def test_presets_are_used_only_where_named(loaded, small):
    """A scenario carries the presets that it names, and no others."""
    base = loaded(small.replace("policy: patient", "policy: wget")).base
    assert list(base.policies) == ["patient", "wget", "none"]

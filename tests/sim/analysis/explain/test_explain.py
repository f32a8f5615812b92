"""Stories of calls, pods and nodes."""

from __future__ import annotations

import pytest

from sim.analysis.explain import explain, parse_subject
from sim.errors import UsageError
from sim.record import Journal


@pytest.mark.parametrize(
    ("subject", "parsed"),
    [
        ("users#17", ("users", "17")),
        ("client/users#0", ("users", "0")),
        ("pod/a-1", ("pod", "a-1")),
        ("node/n", ("node", "n")),
    ],
)
def test_a_subject_is_a_call_a_pod_or_a_node(subject: str, parsed: tuple[str, str]) -> None:
    """`client#number`, `pod/NAME` and `node/NAME` are understood."""
    assert parse_subject(subject) == parsed


@pytest.mark.parametrize("subject", ["", "users", "users#", "users#-1", "service/apps", "node/", "pod/a b"])
def test_anything_else_is_refused_with_what_is_accepted(subject: str) -> None:
    """What is no subject is a usage error that lists the three forms."""
    with pytest.raises(UsageError, match=r"accepted: CLIENT#NUMBER .*, pod/NAME, node/NAME"):
        parse_subject(subject)


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("node/stix", "'stix' is no node of this run; did you mean styx? known: tethys, styx, calypso"),
        ("pod/app-0", "'app-0' is no pod of this run; did you mean apps-0?"),
        ("user#5", "'user' is no client of this run; did you mean users? known: users, wget"),
        ("users#99", "users has finished no call 99 in this run; known: 5 to 6"),
    ],
)
def test_an_unknown_name_gets_the_near_ones(made_journal: Journal, subject: str, said: str) -> None:
    """A subject that the run does not know is a usage error (exit code 2) with the nearest name."""
    with pytest.raises(UsageError) as caught:
        explain(made_journal, subject)
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_node_s_story_goes_from_the_fault_to_the_return(made_journal: Journal) -> None:
    """Fault, Unknown, taints, endpoints, eviction, replacement, repair and return come in the order of time."""
    story = explain(made_journal, "node/styx")
    told = [
        "fault styx-kubelet: begins (kubelet_stop on styx)",
        "+47.6 s  node styx: Unknown: the control plane gives up on it "
        "(at the monitor pass 50.0 s after the last that saw news)  [N2]",
        "8 pods (apps-0, apps-1, apps-2 and 5 more): out of the service",
        "node styx: tainted NoExecute",
        "+5m48s  8 pods (apps-0, apps-1, apps-2 and 5 more): told to terminate",
        "8 pods (apps-24, apps-25, apps-26 and 5 more): created",
        "8 pods (apps-24, apps-25, apps-26 and 5 more): ready, the last one 7.0 s later",
        "fault styx-kubelet: repaired (by person)",
        "node styx: Ready",
        "8 pods (apps-0, apps-1, apps-2 and 5 more): gone",
        "At the start of the run 8 pods were on it",
        "styx was Unknown for 24m14s.",
    ]
    places = [story.find(text) for text in told]
    assert -1 not in places
    assert places == sorted(places)


def test_a_node_s_story_leaves_out_what_does_not_concern_it(made_journal: Journal) -> None:
    """Pods of other nodes and faults of other things are not told."""
    assert "route-flap" not in explain(made_journal, "node/styx")
    assert "apps-9" not in explain(made_journal, "node/styx")
    assert "fault styx-kubelet" not in explain(made_journal, "node/tethys")


def test_each_cited_rule_is_explained_once(made_journal: Journal) -> None:
    """Below a story stands each rule that its lines cite, once."""
    lines, _, legend = explain(made_journal, "node/styx").partition("Rules:\n")
    cited = {rule for part in lines.split("[")[1:] for rule in part.split("]")[0].split(", ")}
    explained = [line.split()[0] for line in legend.splitlines()]
    assert sorted(explained) == sorted(cited)


def test_a_pod_s_story_names_its_replacement(made_journal: Journal) -> None:
    """A pod that was told to go points to the one made after it; one that stays says so."""
    assert "Its replacement is apps-24 (--explain pod/apps-24)." in explain(made_journal, "pod/apps-0")
    assert "It was never told to terminate." in explain(made_journal, "pod/apps-9")


def test_a_call_s_story_has_each_attempt_and_each_pause(made_journal: Journal) -> None:
    """Attempts come with endpoint, connect time and result in words, pauses between them, active faults below."""
    story = explain(made_journal, "users#6")
    told = [
        "attempt 1, new connection to apps-0: silence while connecting, given up after 30s; nothing was sent",
        "waits 200ms",
        "attempt 2, new connection: no route to the network, an immediate error after 1ms",
        "waits 2.2s",
        "attempt 3, connected to apps-8 in 1s: a good answer after 2.1s",
        "the call succeeded after 34.5s and 3 attempts",
        "fault styx-kubelet (kubelet_stop on styx), for 60.0 s",
    ]
    places = [story.find(text) for text in told]
    assert -1 not in places
    assert places == sorted(places)


def test_an_untraced_call_says_how_to_trace_it(made_journal: Journal) -> None:
    """Without recorded attempts a call's story has its ending and points to --trace."""
    story = explain(made_journal, "wget#0")
    assert "the call ended unknown after 9s and 1 attempt" in story
    assert "--trace" in story

"""The JUnit file is what the strictest CI system takes, and says what the run was."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from real_journal import calm, fault_events

from chaos.report.judged import report_of
from chaos.report.junit import junit_xml

RULES: dict[str, tuple[set[str], set[str], set[str]]] = {  # element → required and further attributes, children
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": ({"name"}, {"time", "classname", "group"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    **{name: (set(), {"type", "message"}, set()) for name in ("failure", "error", "skipped")},
    **{name: (set(), set(), set()) for name in ("system-out", "system-err")},
}
"""The rules of junit-10.xsd. Source: jenkinsci/xunit-plugin 3.1, src/main/resources/…/types/model/xsd/junit-10.xsd."""
TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")  # SUREFIRE_TIME of the same file


def check(element: ET.Element) -> None:
    """Assert the schema's rules of an element and all below it."""
    required, further, children = RULES[element.tag]
    assert required <= set(element.attrib) <= required | further, element.tag
    assert {child.tag for child in element} <= children, element.tag
    if "time" in element.attrib:
        assert TIME.fullmatch(element.attrib["time"])
    for child in element:
        check(child)


def broken(folder: Path) -> Path:
    """Return a run with a failure, an error, and a fault that is not supported."""
    cost = {"of": "cluster", "metric": "cost_per_hour", "at_most": 1.0}
    served = {"of": "client/a", "metric": "call_ok_share", "at_least": 0.9}
    events = [
        (-4.0, "probe_unknown", "probe/own", {"why": "refused: \x1b[31mno\x1b[0m \x00 <&>"}),
        (30.0, "not_injected", "fault/other", {"why": "no netem here", "unsupported": True}),
    ]
    objectives, faults = {"served": served, "cost": cost}, {"cut": {}, "other": {"kind": "loss"}}
    return calm(good=30, bad=30, events=events, objectives=objectives, faults=faults).write(folder)


@pytest.mark.parametrize("make", [broken, lambda folder: calm().write(folder), lambda f: calm(outcome=None).write(f)])
def test_the_file_keeps_the_rules_of_the_schema(tmp_path, make):
    """Elements, attributes and times are those that junit-10.xsd allows, whatever the run."""
    check(ET.fromstring(junit_xml(report_of(str(make(tmp_path))))))  # noqa: S314  (our own file)


def test_what_is_written_is_what_is_read(tmp_path):
    """junitparser reads back each case with its state, and the counts are those of the cases."""
    suite = next(iter(JUnitXml.fromstring(junit_xml(report_of(str(broken(tmp_path)))).encode())))
    found = {case.name: [type(result) for result in case.result] for case in suite}
    assert found == {
        "objective/served": [Failure],
        "objective/cost": [Skipped],
        "steady/well": [],
        "steady/own": [Error],
        "fault/cut": [],
        "fault/other": [Skipped],
    }
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (6, 1, 1, 2)


def test_properties_make_a_run_repeatable_and_tell_each_instant(tmp_path):
    """Outcome, seed, hash and versions stand in the suite's properties, and four instants for every occurrence."""
    report = report_of(calm(events=fault_events(planned_s=30.0, number=1)).write(tmp_path))
    suite = next(iter(JUnitXml.fromstring(junit_xml(report).encode())))
    found = {each.name: each.value for each in suite.properties()}
    assert found == {
        "outcome": "held", "exit_code": "0", "run": "wg-1", "seed": "7", "started": "2026-11-25T12:00:00+00:00",
        "scenario_hash": report.story.info.scenario_hash, "version.weatherglass": "0.1.0",
        "fault/cut/0.planned_s": "10.000", "fault/cut/0.injected_s": "10.020",
        "fault/cut/0.undone_s": "15.010", "fault/cut/0.verified_s": "15.020",
        "fault/cut/1.planned_s": "30.000", "fault/cut/1.injected_s": "30.020",
        "fault/cut/1.undone_s": "35.010", "fault/cut/1.verified_s": "35.020",
    }  # fmt: skip
    assert suite.timestamp == "2026-11-25T12:00:00"


def test_what_xml_cannot_hold_is_replaced(tmp_path):
    """Escape sequences in a server's words neither break the file nor reach a terminal."""
    text = junit_xml(report_of(str(broken(tmp_path))))
    assert "\x1b" not in text
    assert "refused: �[31mno�[0m � &lt;&amp;&gt;" in text

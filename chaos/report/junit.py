"""JUnit XML of a run, for CI: one suite per scenario and option, one case per objective, steady probe and fault.

Written to the strictest schema in use, junit-10.xsd of Jenkins' xunit plug-in 3.x: it knows no properties of a case, so
the faults' instants are properties of the suite. Source: jenkinsci/xunit-plugin, src/main/resources/…/xsd/junit-10.xsd.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from chaos.report.judged import Case, Judged

if TYPE_CHECKING:
    from junitparser import TestCase, TestSuite

__all__ = ["junit_xml", "properties"]

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # source: XML 1.0, production 2


def junit_xml(report: Judged) -> str:
    """Return the file's text. What XML cannot hold (an escape sequence in an error's words) becomes �."""
    from junitparser import JUnitXml

    xml = JUnitXml("weatherglass")
    xml.add_testsuite(_suite(report))
    written: bytes = xml.tostring()  # type: ignore[no-untyped-call]
    return written.decode("utf-8") + "\n"


def _suite(report: Judged) -> TestSuite:
    from junitparser import TestSuite

    info = report.story.info
    suite = TestSuite(_clean(f"{info.scenario}/{info.option}"))
    if info.started:
        suite.timestamp = info.started.removesuffix("+00:00")
    for name, value in properties(report):
        suite.add_property(_clean(name), _clean(value))
    suite.add_testcases([_case(case, f"{info.scenario}.{info.option}") for case in report.cases])
    return suite


def properties(report: Judged) -> Iterator[tuple[str, str]]:
    """Yield what makes the run repeatable, and when each fault was planned, injected, undone and verified.

    Instants are run seconds: `fault/NAME/0.injected_s`.
    """
    info = report.story.info
    yield "outcome", report.outcome
    yield from (("why", report.story.why),) if report.story.why else ()
    yield "exit_code", str(report.exit_code)
    yield "run", report.story.run
    yield "seed", str(info.seed)
    yield "scenario_hash", info.scenario_hash
    yield "started", info.started
    yield from ((f"version.{name}", version) for name, version in info.versions.items())
    for fault in report.faults.values():
        for each in fault.occurrences.values():
            told = {name: at_s for name, at_s in each.instants().items() if at_s is not None}
            yield from ((f"fault/{fault.name}/{each.number}.{name}_s", f"{at_s:.3f}") for name, at_s in told.items())


def _case(case: Case, classname: str) -> TestCase:
    from junitparser import Error, Failure, Skipped, TestCase

    made = TestCase(_clean(f"{case.kind}/{case.name}"), _clean(classname), round(case.took_s, 3))
    kinds = {"failure": Failure, "error": Error, "skipped": Skipped}
    if case.state in kinds:
        result = kinds[case.state](_clean(case.message), case.kind)
        result.text = _clean(case.text)
        made.result = [result]
    elif case.text:
        made.system_out = _clean(f"{case.message}\n{case.text}")
    return made


def _clean(text: str) -> str:
    return _NOT_XML.sub("�", text)

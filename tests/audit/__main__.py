"""Audits servers, and prints a table of Markdown: `make audit-live`, TARGETS="draftcast strawberry" for some.

A target is a module `tests.audit.NAME_target` with an `open_target`; any server can have one.
"""

import argparse
import os
from collections import defaultdict

import pytest

MARKS = {"passed": "yes", "skipped": "-", "failed": "**no**"}
MOST_TELLING = ("failed", "passed", "skipped")
"""Of the forms of one check, those for what a server lacks do not count."""


class _Results:
    """The outcomes of each check; the forms of one check count as one."""

    def __init__(self) -> None:
        self.outcomes: defaultdict[str, set[str]] = defaultdict(set)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called by pytest after each phase of a check."""
        if report.when == "call" or report.outcome != "passed":
            name = report.location[2].partition("[")[0].removeprefix("test_").replace("_", " ")
            self.outcomes[name].add(report.outcome)

    def mark(self, name: str) -> str:
        """The cell of a check."""
        told = next((outcome for outcome in MOST_TELLING if outcome in self.outcomes[name]), "skipped")
        return MARKS[told]


def audited(target: str) -> _Results:
    """Audit one target."""
    os.environ["AUDIT_TARGET"] = f"tests.audit.{target}_target"
    results = _Results()
    seconds = "900" if os.environ.get("AUDIT_LONG") else "60"
    pytest.main(["-n", "0", "-q", "--timeout", seconds, "--tb=line", "tests/audit"], plugins=[results])
    return results


def main() -> None:
    """Audit and print."""
    parser = argparse.ArgumentParser(prog="tests.audit")
    parser.add_argument("targets", nargs="*", default=["draftcast", "strawberry", "node"])
    targets: list[str] = parser.parse_args().targets
    found = {target: audited(target) for target in targets}
    print(f"\n| | {' | '.join(found)} |\n|---|{'---|' * len(found)}")  # noqa: T201 - the table is its result
    for name in next(iter(found.values())).outcomes:
        print(f"| {name} | {' | '.join(results.mark(name) for results in found.values())} |")  # noqa: T201 - as above


if __name__ == "__main__":
    main()

"""Fixtures of every test live in the library, so that each package can be tested alone; the rule on skips is here."""

import os
import threading
from collections.abc import Generator
from typing import Final

import greenlet  # type: ignore[import-untyped]
import pytest

pytest_plugins = ["clearway_testing.plugin"]

# Coverage asks each thread for its greenlet, and holds it weakly. When the thread ends, greenlet frees it in a pending
# call of the main thread, and the traced callback of the weak reference is then entered for ever in CPython 3.11: a run
# stands still. A greenlet that is kept is not freed. Greenlet would then look through the whole heap for who keeps it,
# at the end of each thread: that takes tens of milliseconds, and imports a module, which fails inside of an `eval`.
greenlet._greenlet.enable_optional_cleanup(False)  # noqa: SLF001  it has no other name
_KEPT: Final[list[object]] = []
_run = threading.Thread.run


def _run_and_keep_greenlet(thread: threading.Thread) -> None:
    _KEPT.append(greenlet.getcurrent())
    _run(thread)


threading.Thread.run = _run_and_keep_greenlet  # type: ignore[assignment, method-assign]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CI set a skipped test has failed: what was not run was not shown."""
    report = yield
    if not hasattr(report, "wasxfail"):
        _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a module that skips itself whole."""
    report = yield
    _fail_if_skipped(report)
    return report


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"Skipped, which CI does not allow: {report.longrepr}"

"""What is left out is said: by name, with the reason, and counted; under CI it is a failure."""

import os
import shutil
from collections.abc import Generator
from typing import Any

import pytest

from tests.examples import register_profiles
from tests.seeds import VARIABLE, drawn

register_profiles()

MOSQUITTO_MISSING = (
    "Mosquitto is not installed: put a mosquitto broker on the PATH, e.g. apt install mosquitto"
)

LEFT_OUT = pytest.StashKey[dict[str, str]]()


def find_mosquitto() -> str | None:
    """The broker's program; Debian puts it where a user's PATH does not look."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return shutil.which("mosquitto", path=path)


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    """What a test draws from; if it fails, its report says how to draw the same again."""
    seed = drawn(os.environ)
    request.node.add_report_section("setup", "seed", f"{VARIABLE}={seed} draws the same again")
    return seed


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if find_mosquitto() is not None:
        return
    for item in items:
        if item.get_closest_marker("mosquitto"):
            item.add_marker(pytest.mark.skip(reason=MOSQUITTO_MISSING))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _note(item.config, report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _note(collector.config, report)
    return report


def _note(config: pytest.Config, report: pytest.TestReport | pytest.CollectReport) -> None:
    if not report.skipped or hasattr(report, "wasxfail"):
        return
    longrepr = report.longrepr
    reason = longrepr[2] if isinstance(longrepr, tuple) else str(longrepr)
    config.stash[LEFT_OUT][report.nodeid] = reason.removeprefix("Skipped: ")


def _in_ci() -> bool:
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A process of pytest-xdist has ended; what it left out is left out of the whole run."""
    node.config.stash[LEFT_OUT] |= getattr(node, "workeroutput", {}).get("left_out", {})


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["left_out"] = session.config.stash[LEFT_OUT]
    if session.config.stash[LEFT_OUT] and _in_ci() and exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    left_out = config.stash[LEFT_OUT]
    if not left_out:
        return
    terminalreporter.section(f"left out: {len(left_out)}")
    for name, reason in left_out.items():
        terminalreporter.write_line(f"{name}: {reason}")
    if _in_ci():
        terminalreporter.write_line("CI is set, where no test may be left out: this run failed")

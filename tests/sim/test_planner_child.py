"""The planner as a real process: its answer, its caps, and all the ways in which it can fail."""

import asyncio
import logging
import os
import random
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from agent.control.planning import Child
from agent.plan.optimise.checking import assess
from agent.plan.optimise.problem import Method, Problem
from tests.unit.planning_problems import battery_of, car_of, steps_of

PROBLEM = Problem(
    steps=steps_of([0.4, 0.1, 0.3, 0.2] * 6), cars=(car_of(),), battery=battery_of(), fuse_a=25
)


def python_that(folder: Path, does: str) -> str:
    """An interpreter that does something else."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


async def test_the_child_answers_with_a_plan_that_is_feasible() -> None:
    solution = await Child().ask(PROBLEM)
    assert solution is not None
    assert solution.method is Method.PROGRAMME
    assert assess(PROBLEM, solution).faults == ()


async def test_the_child_stays_below_64_mb_of_memory() -> None:
    code = (
        "import sys; from agent.planner.__main__ import main; code = main();"
        "print(open('/proc/self/status').read(), file=sys.stderr); sys.exit(code)"
    )
    from agent.plan.optimise.wire import problem_text

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", code,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, said = await process.communicate(problem_text(PROBLEM))
    assert process.returncode == 0
    peak_kb = next(line.split()[1] for line in said.splitlines() if line.startswith(b"VmHWM"))
    assert int(peak_kb) < 64 * 1024


@pytest.mark.parametrize(
    ("does", "says"),
    [
        ("cat > /dev/null; echo '[1, 2]'", "The planner's answer makes no sense"),
        ("cat > /dev/null; echo no solver here >&2; exit 4", "exit code 4 no solver here"),
        ("kill -9 $$", "The planner failed: exit code -9"),
        ("exec sleep 60", "The planner is late: no plan in 0.3 s"),
        ("exec 0<&-; exit 0", "The planner's answer makes no sense"),
    ],
)
async def test_a_child_that_fails_is_no_plan_and_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, does: str, says: str
) -> None:
    child = Child(python=python_that(tmp_path, does), timeout_s=0.3 if "sleep" in does else 5.0)
    assert await child.ask(PROBLEM) is None
    assert await child.ask(PROBLEM) is None
    assert len(caplog.messages) == 1
    assert says in caplog.messages[0]


async def test_a_child_that_cannot_be_started_is_no_plan(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert await Child(python=str(tmp_path / "python")).ask(PROBLEM) is None
    assert "cannot be started: No such file or directory" in caplog.messages[0]


async def test_the_planner_that_answers_again_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    python = python_that(tmp_path, "exit 1")
    child = Child(python=python)
    assert await child.ask(PROBLEM) is None
    python_that(tmp_path, f'exec {sys.executable} "$@"')
    assert await child.ask(PROBLEM) is not None
    assert await child.ask(PROBLEM) is not None
    assert caplog.messages[1:] == ["The planner answers again"]


async def test_killed_at_random_the_child_gives_a_whole_plan_or_none(tmp_path: Path) -> None:
    rng = random.Random(7)
    for _ in range(4):
        after_s = rng.uniform(0.0, 0.5)
        python = python_that(
            tmp_path, f'(sleep {after_s:.3f}; kill -9 $$) & exec {sys.executable} "$@"'
        )
        solution = await Child(python=python).ask(PROBLEM)
        assert solution is None or assess(PROBLEM, solution).faults == ()


async def test_who_asks_can_be_cancelled_and_leaves_no_process(tmp_path: Path) -> None:
    child = Child(python=python_that(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.4):
            await child.ask(PROBLEM)
    pid = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_question_that_cannot_be_read_is_refused_with_a_code() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-m", "agent.planner"],
        input=b"what is the cheapest hour?",
        capture_output=True,
        check=False,
        timeout=20,
    )
    assert done.returncode == 2
    assert b"JSONDecodeError" in done.stderr

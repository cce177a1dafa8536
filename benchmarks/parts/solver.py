"""A plan for 48 hours of quarter hours: how long it takes, and what the child process needs."""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from agent.control.planning import Child
from agent.plan.optimise.filled import fill
from agent.plan.optimise.problem import Problem
from agent.plan.optimise.programme import solve
from agent.plan.optimise.wire import problem_text
from benchmarks.figures import Baseline, Figure, median
from benchmarks.processes import DidNotStart
from benchmarks.solver_houses import house

SEEDS, RUNS = range(30), 15
PEAK = """
import sys
from agent.planner.__main__ import main
code = main()
print(open("/proc/self/status").read(), file=sys.stderr)
sys.exit(code)
"""


def measure(_: Path) -> list[Figure]:
    houses = [house(seed) for seed in SEEDS]
    solve(houses[0])  # imports the solver
    solved_ms, filled_ms = (_each_ms(houses, plan) for plan in (solve, fill))
    child_s, peak_mb, bare_s = asyncio.run(_child(houses[2]))
    own = Baseline("plan without a solver", median(filled_ms))
    with_solver = Baseline("linear programme", median(solved_ms))
    bare = Baseline("bare interpreter with highspy", bare_s)
    limit = Baseline("limit of the child", 64.0)
    rows = (
        ("solver.solve_ms", median(solved_ms), "ms", own, 20.0),
        ("solver.solve_worst_ms", max(solved_ms), "ms", own, 300.0),
        ("solver.fallback_ms", median(filled_ms), "ms", with_solver, 50.0),
        ("solver.fallback_worst_ms", max(filled_ms), "ms", with_solver, None),
        ("solver.child_s", child_s, "s", bare, 0.2),
        ("solver.child_peak_mb", peak_mb, "MB", limit, 64.0),
    )
    return [
        Figure(name=name, value=value, unit=unit, baseline=baseline, aim=aim, part="solver")
        for name, value, unit, baseline, aim in rows
    ]


def _each_ms(houses: list[Problem], plan: Callable[[Problem], object]) -> list[float]:
    found = []
    for problem in houses:
        begun_s = time.perf_counter()
        plan(problem)
        found.append((time.perf_counter() - begun_s) * 1000)
    return found


async def _child(problem: Problem) -> tuple[float, float, float]:
    """Median time of an answer in s, its peak in MB, and a bare interpreter with the solver."""
    child, answers_s, bare_s = Child(), list[float](), list[float]()
    for _ in range(1 + RUNS):
        begun_s = time.perf_counter()
        if await child.ask(problem) is None:
            raise DidNotStart("the planner gives no plan; is highspy installed?")
        answers_s.append(time.perf_counter() - begun_s)
        begun_s = time.perf_counter()
        bare = await asyncio.create_subprocess_exec(sys.executable, "-I", "-c", "import highspy")
        await bare.wait()
        bare_s.append(time.perf_counter() - begun_s)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-c", PEAK,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE, env=os.environ,
    )  # fmt: skip
    _, said = await process.communicate(problem_text(problem))
    peak_kb = next(line.split()[1] for line in said.splitlines() if line.startswith(b"VmHWM"))
    return median(answers_s[1:]), int(peak_kb) / 1024, median(bare_s[1:])

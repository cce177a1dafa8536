"""A Problem as JSON on stdin, its Solution as JSON on stdout.

Run as `python -I -m agent.planner`. Solver and numpy live and die here, so that the daemon stays
small, and a solver that loops or eats memory ends alone: the kernel caps both.

Exit codes: 0; 2 = the question cannot be read; 3 = no plan was found; 4 = there is no solver.
"""

import os
import resource
import sys
from importlib.util import find_spec, module_from_spec

MEMORY_B = 768 << 20
"""Of address space; what is in use is about 50 MB, the rest is mapped and never touched."""

CPU_S, SOLVE_S = 5, 3.0
UNREADABLE, NO_PLAN, NO_SOLVER = 2, 3, 4


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_B, MEMORY_B))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    _without_init("agent.plan")
    from agent.plan.optimise import programme, wire

    try:
        problem = wire.problem_of(sys.stdin.buffer.read())
    except wire.Garbled as error:
        sys.stderr.write(f"{error}\n")
        return UNREADABLE
    try:
        solution = programme.solve(problem, SOLVE_S)
    except ImportError as error:
        sys.stderr.write(f"{error}\n")
        return NO_SOLVER
    if solution is None:
        return NO_PLAN
    sys.stdout.buffer.write(wire.solution_text(solution))
    return 0


def _without_init(name: str) -> None:
    """Let what is inside a package be imported without its __init__, here all that decide()
    needs: a quarter of the time that a plan takes."""
    spec = find_spec(name)
    if spec is not None and name not in sys.modules:
        sys.modules[name] = module_from_spec(spec)


if __name__ == "__main__":
    sys.exit(main())

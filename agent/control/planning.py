"""Asks the planner, a child process that lives for one question. Never raises, never waits long.

No answer is an answer: the daemon then follows the plan that it makes without a solver.
"""

import asyncio
import logging
import sys
from contextlib import suppress

from agent.plan.optimise.problem import Problem, Solution
from agent.plan.optimise.wire import Garbled, problem_text, solution_of

log = logging.getLogger(__name__)

TIMEOUT_S = 5.0
"""Real seconds, whatever the clock of the house does."""

_WELL = "The planner answers again"
_TEXT_B = 300


class Child:
    """The planner as a process.

    Args:
        python: the interpreter to run it with.
        timeout_s: after that it is killed.
        module: what is run.
    """

    def __init__(
        self,
        python: str = sys.executable,
        timeout_s: float = TIMEOUT_S,
        module: str = "agent.planner",
    ) -> None:
        self._command = (python, "-I", "-m", module)
        self._timeout_s = timeout_s
        self._trouble = ""

    async def ask(self, problem: Problem) -> Solution | None:
        """The plan; None if there is none, for whatever reason. One line is logged when that
        changes."""
        solution, trouble = await self._ask(problem)
        kind = trouble.partition(":")[0]
        if kind != self._trouble:
            self._trouble = kind
            if trouble:
                log.warning("%s; plans are made without the solver", trouble)
            else:
                log.info(_WELL)
        return solution

    async def _ask(self, problem: Problem) -> tuple[Solution | None, str]:
        try:
            question = problem_text(problem)
        except ValueError as error:
            return None, f"The planner cannot be asked: {error}"
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            return None, f"The planner cannot be started: {error.strerror}"
        try:
            async with asyncio.timeout(self._timeout_s):
                answer, said = await process.communicate(question)
        except TimeoutError:
            return None, f"The planner is late: no plan in {self._timeout_s:g} s"
        finally:
            await _ended(process)
        return _understood(process.returncode, answer, said)


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Nothing is left behind, also when the wait was cancelled."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _understood(code: int | None, answer: bytes, said: bytes) -> tuple[Solution | None, str]:
    if code != 0:
        lines = said.decode(errors="replace").strip().splitlines() or [""]
        return None, f"The planner failed: exit code {code} {lines[-1][:_TEXT_B]}".rstrip()
    try:
        return solution_of(answer), ""
    except Garbled as error:
        return None, f"The planner's answer makes no sense: {error}"

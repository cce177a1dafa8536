"""Answers the questions of plans.py, beside the tick: at once without a solver, then with one.

The better feasible plan is followed. A solver that is missing, late or dead costs money, and
nothing else.
"""

import asyncio
from collections.abc import Callable

from agent.control.planning import Child
from agent.control.plans import Plans, Question
from agent.plan.guide import adopt
from agent.plan.moment import Guide
from agent.plan.optimise.checking import better
from agent.plan.optimise.filled import fill
from agent.plan.optimise.problem import Solution


class Planner:
    """
    Args:
        news: tells control that there is a new plan to follow.

    Attributes:
        wake: set when there is a question.
    """

    name = "planner"

    def __init__(self, plans: Plans, news: Callable[[], None], child: Child | None = None) -> None:
        self._plans, self._news = plans, news
        self._child = child or Child()
        self.wake = asyncio.Event()

    async def run(self) -> None:
        """Answer for ever."""
        while True:
            await self.wake.wait()
            self.wake.clear()
            question = self._plans.question
            if question is not None:
                await self._answer(question)

    async def _answer(self, question: Question) -> None:
        at_once = await asyncio.to_thread(fill, question.problem)
        if self._plans.guide is None:
            await self._follow(question, at_once)
        solved = await self._child.ask(question.problem)
        await self._follow(question, await asyncio.to_thread(_best, question, solved, at_once))
        self._plans.answered(question)
        if self._plans.question is not None:
            self.wake.set()

    async def _follow(self, question: Question, solution: Solution) -> None:
        problem, before = question.problem, self._plans.guide
        new = Guide(problem=problem, solution=solution, revision=question.revision)
        self._plans.guide = await asyncio.to_thread(adopt, before, new, question.moment)
        self._news()


def _best(question: Question, solved: Solution | None, at_once: Solution) -> Solution:
    return better(question.problem, solved, at_once)

"""HiGHS on one programme that is solved again and again with small changes. Needs highspy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent.plan.optimise.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimum:
    """Least cost, value of each column, dual of each row."""

    cost: float
    values: Sequence[float]
    duals: Sequence[float]


class Simplex:
    """Each run begins where the last one ended, which takes a tenth of the time of the first.

    Raises:
        ImportError: highspy is not installed (there is none for 32-bit ARM).
    """

    def __init__(self, model: Model, time_limit_s: float) -> None:
        import highspy

        self._highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        self._optimal = highspy.HighsModelStatus.kOptimal
        self._highs.setOptionValue("output_flag", False)
        self._highs.setOptionValue("threads", 1)
        self._highs.setOptionValue("time_limit", time_limit_s)
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(model.cost), len(model.row_lower)
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = model.cost, model.lower, model.upper
        lp.row_lower_, lp.row_upper_ = model.row_lower, model.row_upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        lp.a_matrix_.start_, lp.a_matrix_.index_ = model.starts, model.rows
        lp.a_matrix_.value_ = model.values
        self._highs.passModel(lp)

    def price(self, column: int, cost: float) -> None:
        self._highs.changeColCost(column, cost)

    def least(self) -> float | None:
        """Solve it as it stands; None if there is no solution, or no time."""
        self._highs.run()
        if self._highs.getModelStatus() != self._optimal:
            return None
        return float(self._highs.getInfo().objective_function_value)

    def optimum(self, cost: float) -> Optimum:
        """What `least` has just found."""
        solution = self._highs.getSolution()
        return Optimum(cost=cost, values=list(solution.col_value), duals=list(solution.row_dual))

    def solve(self) -> Optimum | None:
        """The optimum as the programme stands; None if there is none, or no time."""
        cost = self.least()
        return None if cost is None else self.optimum(cost)

"""Problems and solutions survive the pipe; whatever else comes through it is refused."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.plan.optimise.filled import fill
from agent.plan.optimise.problem import Problem
from agent.plan.optimise.wire import Garbled, problem_of, problem_text, solution_of, solution_text
from tests.examples import examples
from tests.unit.planning_problems import a_problem, battery_of, car_of, steps_of

USUAL = Problem(steps=steps_of([0.1, 0.2]), cars=(car_of(),), battery=battery_of(), fuse_a=25)


@examples(50)
@given(a_problem(most_steps=6))
def test_nothing_is_lost_in_the_pipe(problem: Problem) -> None:
    assert problem_of(problem_text(problem)) == problem
    solution = fill(problem)
    assert solution_of(solution_text(solution)) == solution


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]", b"null", b"[" * 3000, b"\xff\xfe"])
def test_garbage_is_refused(text: bytes) -> None:
    with pytest.raises(Garbled):
        problem_of(text)
    with pytest.raises(Garbled):
        solution_of(text)


@examples(100)
@given(st.data())
def test_a_text_that_was_cut_or_changed_is_a_plan_or_garbage_and_never_a_crash(
    data: st.DataObject,
) -> None:
    text = solution_text(fill(USUAL))
    row = json.loads(text)
    where = data.draw(st.integers(0, len(row) - 1))
    row[where] = data.draw(st.none() | st.integers() | st.text() | st.lists(st.none()))
    for broken in (text[: data.draw(st.integers(0, len(text)))], json.dumps(row).encode()):
        try:
            solution_of(broken)
        except Garbled as error:
            assert str(error)  # noqa: PT017 - either is fine, any other exception is not


def test_what_is_not_finite_is_never_sent() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        problem_text(replace(USUAL, fuse_a=float("inf")))
    with pytest.raises(Garbled, match="NaN"):
        solution_of(solution_text(fill(USUAL)).replace(b"[0.0,", b"[NaN,", 1))

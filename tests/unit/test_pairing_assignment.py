"""The joint judgement against counting every assignment out."""

from itertools import product
from math import exp, isclose

from hypothesis import given
from hypothesis import strategies as st

from agent.pairing.assignment import MOST_CARS, marginals
from tests.examples import examples

weight = st.floats(-14, 14)
table = st.integers(1, 3).flatmap(
    lambda cars: st.lists(
        st.lists(weight, min_size=cars + 1, max_size=cars + 1), min_size=1, max_size=3
    )
)


def counted(weights: list[list[float]]) -> list[list[float]]:
    stranger = len(weights[0]) - 1
    sums = [[0.0] * (stranger + 1) for _ in weights]
    for chosen in product(range(stranger + 1), repeat=len(weights)):
        cars = [car for car in chosen if car != stranger]
        if len(cars) != len(set(cars)):
            continue
        total = exp(sum(row[car] for row, car in zip(weights, chosen, strict=True)))
        for row, car in zip(sums, chosen, strict=True):
            row[car] += total
    return [[value / sum(row) for value in row] for row in sums]


@given(table)
@examples(200)
def test_marginals_are_those_of_all_assignments_counted_out(weights: list[list[float]]) -> None:
    for found, expected in zip(marginals(weights), counted(weights), strict=True):
        assert all(isclose(a, b, abs_tol=1e-9) for a, b in zip(found, expected, strict=True))


def test_a_car_that_fits_two_chargers_alike_is_half_on_each() -> None:
    rows = marginals([[9.0, 0.0], [9.0, 0.0]])
    assert 0.49 < rows[0][0] < 0.51
    assert isclose(rows[0][0], rows[1][0])


def test_more_cars_than_can_be_counted_leave_out_the_least_likely() -> None:
    cars = MOST_CARS + 5
    row = [float(n) for n in range(cars)] + [0.0]
    found = marginals([row, [*row[::-1][1:], 0.0]])
    assert all(isclose(sum(r), 1.0) for r in found)
    assert found[0][cars - 1] > 0.5


def test_nothing_is_judged_where_there_is_nothing() -> None:
    assert marginals([]) == []
    assert marginals([[0.0]]) == [[1.0]]

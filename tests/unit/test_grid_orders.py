"""Orders of the grid operator: given, announced, begun and over; whatever the clock says."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import given as examples
from hypothesis import strategies as st

from agent.control import people
from agent.control.grid_orders import Orders, Refusal, advanced, given, next_at
from agent.model.clock import Now
from agent.model.intents import GridLimit, GridPlan
from agent.model.limits import GridPeriod, Scope
from agent.model.wishes import Wishes
from tests.unit.house import NOON

HOUR = timedelta(hours=1)
EVENING = GridPlan(
    source="cloud profile 7",
    scope=Scope.DEVICES,
    periods=(
        GridPeriod(import_w=4200.0, begins_at=NOON.at + HOUR, ends_at=NOON.at + 2 * HOUR),
        GridPeriod(import_w=7560.0, begins_at=NOON.at + 2 * HOUR, ends_at=NOON.at + 3 * HOUR),
    ),
)
UNSET = replace(NOON, at=NOON.at.replace(year=1970), trusted=False)


def told(intent: GridLimit | GridPlan, now: Now = NOON, before: Orders = ()) -> Orders:
    numbers = count(len(before))
    return given(before, intent, now, lambda: str(next(numbers)))


def in_force_w(orders: Orders, now: Now) -> list[float | None]:
    return [order.import_w for order in orders if order.holds(now)]


@pytest.mark.parametrize(
    ("after_h", "limit_w"), [(0.5, []), (1.0, [4200.0]), (2.0, [7560.0]), (2.9, [7560.0]), (3, [])]
)
def test_each_period_counts_in_its_own_time(after_h: float, limit_w: list[float]) -> None:
    then = NOON.later(after_h * 3600)
    assert in_force_w(advanced(told(EVENING), then), then) == limit_w


def test_a_tick_is_wanted_where_an_order_begins_or_ends() -> None:
    orders = told(EVENING)
    assert next_at(orders, NOON) == NOON.at + HOUR
    then = NOON.later(3600)
    assert next_at(advanced(orders, then), then) == NOON.at + 2 * HOUR
    assert next_at((), NOON) is None


def test_the_same_once_more_changes_nothing_also_after_it_began() -> None:
    orders = told(EVENING)
    assert told(EVENING, before=orders) is orders
    then = NOON.later(2.5 * 3600)
    begun = advanced(orders, then)
    assert told(EVENING, then, begun) is begun


def test_two_sources_that_repeat_themselves_do_not_move_anything() -> None:
    one = GridLimit(source="relay", scope=Scope.EACH, import_w=4200.0)
    two = replace(one, source="box")
    both = told(two, before=told(one))
    assert told(one, before=both) is both


def test_a_new_word_of_a_source_replaces_all_that_it_said() -> None:
    shorter = replace(EVENING, periods=EVENING.periods[:1])
    orders = told(shorter, before=told(EVENING))
    assert [order.import_w for order in orders] == [4200.0]
    assert told(replace(EVENING, periods=()), before=orders) == ()


def test_after_a_power_cut_without_a_clock_what_had_begun_goes_on() -> None:
    during = NOON.later(1.5 * 3600)
    orders = advanced(told(EVENING), during)
    restored = people.from_settings(
        people.to_settings(replace(Wishes(), grid_orders=orders)), Wishes()
    ).grid_orders
    assert restored == orders
    assert in_force_w(advanced(restored, UNSET), UNSET) == [4200.0]
    late = replace(UNSET, at=NOON.at + 9 * HOUR)
    assert in_force_w(advanced(restored, late), late) == [4200.0]
    set_again = NOON.later(2.5 * 3600)
    assert in_force_w(advanced(restored, set_again), set_again) == [7560.0]


def test_without_a_clock_nothing_can_be_announced_but_a_limit_can_be_given() -> None:
    with pytest.raises(Refusal, match="clock of the house is not set yet; send a limit without"):
        told(EVENING, UNSET)
    timed = GridLimit(
        source="cloud", scope=Scope.METER, import_w=0.0, ends_at=NOON.at + timedelta(minutes=1)
    )
    assert in_force_w(told(timed, UNSET), UNSET) == [0.0]


def test_what_is_over_already_is_refused_and_a_past_period_left_out() -> None:
    late = NOON.later(4 * 3600)
    with pytest.raises(Refusal, match="it was over at 2026-06-10 15:00:00 UTC; send one that"):
        told(EVENING, late)
    assert len(told(EVENING, NOON.later(2.5 * 3600))) == 1


@examples(
    lengths=st.lists(st.integers(1, 3600), min_size=1, max_size=6),
    looks=st.lists(st.integers(0, 30_000), max_size=12),
)
def test_at_any_time_exactly_the_period_of_that_time_counts(
    lengths: list[int], looks: list[int]
) -> None:
    edges = [600]
    for length in lengths:
        edges.append(edges[-1] + length)
    periods = tuple(
        GridPeriod(
            import_w=float(number),
            begins_at=NOON.at + timedelta(seconds=edges[number]),
            ends_at=NOON.at + timedelta(seconds=edges[number + 1]),
        )
        for number in range(len(lengths))
    )
    orders = told(replace(EVENING, periods=periods))
    for look in sorted(looks):
        now = NOON.later(look)
        orders = advanced(orders, now)
        expected = [float(n) for n in range(len(lengths)) if edges[n] <= look < edges[n + 1]]
        assert in_force_w(orders, now) == expected

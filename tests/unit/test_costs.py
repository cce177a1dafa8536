"""What a session cost: honest where it is known, and unknown where it is not."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.costs import NO_POWERS, Priced, reference_cost, step
from agent.model.picture import Session, Totals
from agent.model.prices import Prices, Slot, slot_at
from agent.model.readings import DeviceId
from agent.span_prices import remembered

BOX = DeviceId("box")
T0 = datetime(2026, 6, 1, 12, tzinfo=UTC)
OPEN = Session(id="s", charger=BOX, plugged_in_at=T0, energy_wh=0.0, max_power_w=10_000.0)


def slots(*rates: tuple[float | None, float | None], start: datetime = T0) -> tuple[Slot, ...]:
    return tuple(
        Slot(
            start=start + timedelta(hours=n),
            end=start + timedelta(hours=n + 1),
            import_per_kwh=bought,
            export_per_kwh=sold,
        )
        for n, (bought, sold) in enumerate(rates)
    )


def eur(*rates: tuple[float | None, float | None]) -> Prices:
    return Prices(currency="EUR", slots=slots(*rates))


def lived(
    prices: Prices | None,
    *ticks: tuple[float, float, float | None],
    every_s: float = 60.0,
    powers_w: Mapping[DeviceId, float | None] = NO_POWERS,
    priced: Priced | None = None,
) -> Session:
    """A session through ticks of (energy so far in Wh, power of the cars, grid power)."""
    priced, session = priced or Priced(mono_s=0.0), OPEN
    for n, (energy_wh, cars_w, grid_w) in enumerate(ticks, start=1):
        grown = replace(session, energy_wh=energy_wh)
        at_s = n * every_s
        priced, running, _ = step(
            priced,
            {BOX: session},
            {BOX: grown},
            (),
            Totals(chargers_w=cars_w, grid_w=grid_w),
            prices,
            at_s,
            T0 + timedelta(seconds=at_s),
            powers_w,
        )
        session = running[BOX]
    return session


def test_what_is_bought_costs_the_import_and_what_is_own_what_it_would_have_earned() -> None:
    session = lived(eur((0.30, 0.08)), (1000, 10_000, 10_000), (2000, 10_000, 2_500))
    assert session.cost == pytest.approx(0.30 + 0.25 * 0.30 + 0.75 * 0.08)
    assert session.own_wh == pytest.approx(750)
    assert (session.currency, session.accounted) == ("EUR", True)


def test_sun_that_would_have_been_turned_down_earns_and_costs_nothing() -> None:
    prices = eur((0.20, -0.10))
    assert lived(prices, (1000, 10_000, 0)).cost == pytest.approx(-0.10)
    priced = Priced(mono_s=0.0, turned_down=True)
    session = lived(prices, (1000, 10_000, 5_000), priced=priced)
    assert session.cost == pytest.approx(0.10)
    assert session.accounted


def test_a_negative_price_earns() -> None:
    assert lived(eur((-0.10, -0.10)), (1000, 10_000, 12_000)).cost == pytest.approx(-0.10)


@pytest.mark.parametrize(
    "prices", [None, eur((None, 0.08)), eur((0.3, None)), Prices(currency="EUR")]
)
def test_an_unknown_price_leaves_the_cost_unknown_not_zero(prices: Prices | None) -> None:
    session = lived(prices, (1000, 10_000, 5_000))
    assert (session.cost, session.accounted) == (None, False)


def test_an_unknown_origin_leaves_that_part_unaccounted() -> None:
    session = lived(eur((0.30, 0.08)), (1000, 10_000, 10_000), (2000, 10_000, None))
    assert session.cost == pytest.approx(0.30)
    assert not session.accounted


def test_what_was_charged_while_hearth_was_away_has_no_price() -> None:
    session = lived(eur(*[(0.30, 0.08)] * 5), (5000, 10_000, 10_000), every_s=3600.0)
    assert session.accounted_wh == 0


def test_what_the_meter_said_a_moment_later_is_still_in_time() -> None:
    session = lived(eur((0.30, 0.08)), (1000, 10_000, None), (2000, 10_000, 10_000))
    assert session.accounted_wh == 2000
    assert session.cost == pytest.approx(0.60)


def test_a_meter_that_is_silent_for_long_leaves_a_gap() -> None:
    silent = [(1000.0 + n, 10_000.0, None) for n in range(16)]
    session = lived(eur((0.30, 0.08)), *silent, (2000, 10_000, 10_000))
    assert session.accounted_wh < 1000
    assert not session.accounted


def test_the_last_count_comes_when_the_car_has_stopped_and_is_of_the_same_origin() -> None:
    session = lived(eur((0.30, 0.08)), (1000, 10_000, 0), (1500, 3.0, 400.0))
    assert (session.own_wh, session.accounted) == (1500, True)
    assert session.cost == pytest.approx(1.5 * 0.08)


def test_the_share_needs_no_price() -> None:
    session = lived(None, (1000, 10_000, 2_500))
    assert session.own_share == pytest.approx(0.75)
    assert session.cost is None


def test_a_share_of_a_part_is_not_told() -> None:
    session = lived(None, (1000, 10_000, 2_500), (2000, 10_000, None))
    assert session.own_share is None


def test_energy_of_before_the_first_figure_has_no_price() -> None:
    fresh = replace(OPEN, energy_wh=None)
    late = replace(fresh, energy_wh=5000.0)
    totals, prices = Totals(chargers_w=10_000.0, grid_w=0.0), eur((0.3, 0.1))
    _, running, _ = step(
        Priced(mono_s=50.0), {BOX: fresh}, {BOX: late}, (), totals, prices, 60.0, T0
    )
    assert running[BOX].accounted_wh == 0


def test_a_running_session_is_compared_with_charging_at_once() -> None:
    session = lived(eur((0.40, 0.08)), (1000, 10_000, 0))
    assert session.reference_cost == pytest.approx(0.40)
    assert session.saving == pytest.approx(0.32)


def test_what_was_known_of_charging_at_once_stays_so_until_more_is_drawn() -> None:
    kept = replace(OPEN, energy_wh=1000.0, reference_cost=0.4)
    totals = Totals(chargers_w=0.0, grid_w=0.0)

    def after(session: Session) -> Session:
        _, running, _ = step(Priced(), {BOX: kept}, {BOX: session}, (), totals, None, 60.0, T0)
        return running[BOX]

    assert after(kept).reference_cost == 0.4
    assert after(replace(kept, energy_wh=1100.0)).reference_cost is None


def test_charging_at_once_would_have_cost_the_hours_after_the_plug() -> None:
    session = replace(OPEN, energy_wh=15_000.0)
    assert reference_cost(session, slots((0.4, None), (0.2, None))) == pytest.approx(4.0 + 1.0)
    assert reference_cost(session, slots((0.4, None))) is None
    assert reference_cost(replace(session, max_power_w=None), slots((0.4, None))) is None


def test_an_ended_session_tells_what_charging_at_once_would_have_cost() -> None:
    over = replace(OPEN, energy_wh=1000.0, plugged_out_at=T0 + timedelta(minutes=30))
    prices, totals = eur((0.4, 0.1)), Totals(chargers_w=0.0, grid_w=0.0)
    _, _, (told,) = step(
        Priced(mono_s=0.0),
        {BOX: OPEN},
        {},
        (over,),
        totals,
        prices,
        60.0,
        T0 + timedelta(minutes=30),
    )
    assert told.reference_cost == pytest.approx(0.4)


def test_old_prices_are_remembered_under_the_news() -> None:
    old = slots((1.0, None), (2.0, None), (3.0, None))
    news = slots((9.0, None), start=T0 + timedelta(hours=1.5))
    kept = remembered(old, news, T0 + timedelta(minutes=30))
    assert [slot.import_per_kwh for slot in kept] == [1.0, 2.0, 9.0]
    assert slot_at(kept, T0 + timedelta(hours=1.4)) == replace(old[1], end=news[0].start)


@given(
    st.lists(
        st.tuples(st.floats(0, 500), st.floats(100, 20_000), st.floats(-20_000, 40_000)),
        max_size=20,
    )
)
def test_a_cost_lies_between_the_two_prices(ticks: list[tuple[float, float, float]]) -> None:
    energy_wh, rows = 0.0, []
    for gained_wh, cars_w, grid_w in ticks:
        energy_wh += gained_wh
        rows.append((energy_wh, cars_w, grid_w))
    session = lived(eur((0.30, 0.08)), *rows)
    cost, own_wh = session.cost or 0.0, session.own_wh or 0.0
    assert 0.08 * energy_wh / 1000 - 1e-9 <= cost <= 0.30 * energy_wh / 1000 + 1e-9
    assert -1e-9 <= own_wh <= energy_wh + 1e-6
    assert session.accounted or energy_wh == 0 or session.cost is None


def test_after_a_restart_overnight_a_session_is_still_held_against_charging_at_once() -> None:
    """The board knows the prices of the last week, so the night's session has its reference."""
    began = replace(OPEN, energy_wh=5000.0, reference_cost=None)
    later = replace(began, energy_wh=6000.0)
    prices = eur(*[(0.30, 0.08)] * 20)
    _, running, _ = step(
        Priced(), {BOX: began}, {BOX: later}, (), Totals(), prices, 0.0, T0 + timedelta(hours=14)
    )
    assert running[BOX].reference_cost == pytest.approx(6.0 * 0.30)


def test_what_is_counted_four_times_an_hour_has_the_prices_of_the_time_in_which_it_flowed() -> None:
    """10 kW from 12:50 to 13:05, told at 13:05; at 13:00 the price falls."""
    ticks = [(0.0, 10_000.0, 10_000.0)] * 64 + [(2500.0, 10_000.0, 10_000.0)]
    session = lived(eur((0.60, None), (0.00, None)), *ticks)
    assert session.cost == pytest.approx(2.5 * 0.60 * 10 / 15)
    assert session.accounted


def test_a_counter_that_stood_still_for_hours_leaves_the_cost_unknown() -> None:
    ticks = [(1000.0, 10_000.0, 10_000.0)] + [(1000.0, 10_000.0, 10_000.0)] * 120
    session = lived(eur(*[(0.30, 0.08)] * 4), *ticks, (21_000.0, 10_000.0, 10_000.0))
    assert session.cost == pytest.approx(0.30)
    assert (session.accounted, session.full_cost, session.own_share) == (False, None, None)


def test_what_flowed_and_was_never_counted_leaves_the_cost_unknown() -> None:
    power_w = {BOX: 10_000.0}
    still = [(1000.0, 10_000.0, 10_000.0)] * 31
    session = lived(eur((0.30, 0.08), (0.30, 0.08)), *still, powers_w=power_w)
    assert session.uncounted_wh == pytest.approx(5000)
    assert (session.full_cost, session.own_share) == (None, None)
    assert session.unaccounted_wh == pytest.approx(5000)
    goes_on = [(1000.0 + 167 * n, 10_000.0, 10_000.0) for n in range(1, 5)]
    session = lived(eur((0.30, 0.08), (0.30, 0.08)), *still, *goes_on, powers_w=power_w)
    assert session.uncounted_wh == pytest.approx(5000, abs=10)
    assert session.full_cost is None


def test_a_counter_that_is_a_little_late_or_steps_by_a_kilowatt_hour_misses_nothing() -> None:
    ticks = [(1000.0 * (n // 6), 10_000.0, 10_000.0) for n in range(1, 40)]
    session = lived(eur((0.30, 0.08)), *ticks, powers_w={BOX: 10_300.0})
    assert session.uncounted_wh == 0
    assert session.full_cost == pytest.approx(6 * 0.30)

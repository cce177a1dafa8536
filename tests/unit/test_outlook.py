"""What planning reckons with: steps without a hole, guesses from what is known and nothing else."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agent.model.forecasts import Band, Forecasts
from agent.model.prices import Prices, Slot
from agent.plan.outlook import (
    HIGH_LOAD_W,
    HORIZON,
    USUAL_EXPORT_PER_KWH,
    USUAL_IMPORT_PER_KWH,
    USUAL_LOAD_W,
    House,
    Limit,
    outlook,
)
from tests.examples import examples

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 5, 1, 17, 7, tzinfo=UTC)
NO_PRICES = Prices(currency="EUR")


def hours_of(start: datetime, prices: Sequence[float | None]) -> Prices:
    """One slot per hour; what is fed in earns a tenth."""
    slots = [
        Slot(
            start=start + timedelta(hours=n),
            end=start + timedelta(hours=n + 1),
            import_per_kwh=price,
            export_per_kwh=None if price is None else price / 10,
        )
        for n, price in enumerate(prices)
    ]
    return Prices(currency="EUR", slots=tuple(slots))


def band_of(start: datetime, values: list[float]) -> Band:
    return Band(
        start=start,
        step_s=900.0,
        mean_w=tuple(values),
        low_w=tuple(value / 2 for value in values),
        high_w=tuple(value * 2 for value in values),
        source="the test",
    )


@examples(60)
@given(st.lists(st.integers(-7200, 200_000), max_size=6), st.integers(0, 86_399))
@example([30, 31, 60], 0)
@example([40, 65, 90, 115, 140], 0)
@example([172_760, 172_775], 0)
def test_steps_have_no_hole_and_end_at_each_deadline(offsets_s: list[int], now_s: int) -> None:
    now = NOW + timedelta(seconds=now_s)
    due = [now + timedelta(seconds=s) for s in offsets_s]
    steps = outlook(now, NO_PRICES, Forecasts(), PARIS, House(), deadlines=due)
    ends = [step.start + timedelta(seconds=step.duration_s) for step in steps]
    assert steps[0].start == now
    assert abs(ends[-1] - now - HORIZON) <= timedelta(seconds=30)
    assert all(end == step.start for end, step in zip(ends, steps[1:], strict=False))
    assert all(step.duration_s >= 30 for step in steps)
    for at in due:
        if now < at < now + HORIZON:
            assert min(abs(end - at) for end in [now, *ends]) < timedelta(seconds=30)


def test_nothing_known_is_flat_and_harmless() -> None:
    steps = outlook(NOW, NO_PRICES, Forecasts(), PARIS, House())
    assert {step.import_per_kwh for step in steps} == {USUAL_IMPORT_PER_KWH}
    assert {step.export_per_kwh for step in steps} == {USUAL_EXPORT_PER_KWH}
    assert {(s.load_w, s.load_high_w, s.sun_w) for s in steps} == {(USUAL_LOAD_W, HIGH_LOAD_W, 0.0)}
    assert not any(step.known for step in steps)


def test_a_price_beyond_publication_is_that_of_the_same_hour_before() -> None:
    start = NOW.replace(hour=0, minute=0) - timedelta(days=2)
    day = [0.1 + n / 100 for n in range(24)]
    steps = outlook(NOW, hours_of(start, day * 3), Forecasts(), PARIS, House())
    for step in steps:
        assert step.import_per_kwh == pytest.approx(day[step.start.hour])
        assert step.known == (step.start < start + timedelta(days=3))


def test_a_gap_in_the_prices_is_guessed_and_not_free() -> None:
    start = NOW.replace(minute=0)
    steps = outlook(NOW, hours_of(start, [0.4, None, 0.2]), Forecasts(), PARIS, House())
    gap = [s for s in steps if s.start.hour == 18 and s.start.day == 1]
    assert [s.import_per_kwh for s in gap] == pytest.approx([0.3] * len(gap))
    assert gap
    assert not any(s.known for s in gap)


def test_across_a_change_of_clocks_a_day_repeats_by_the_clock_on_the_wall() -> None:
    """At 08:00 in Paris it was dear on Saturday; on Sunday that is an hour earlier in UTC."""
    saturday = datetime(2026, 3, 27, 23, tzinfo=UTC)
    prices = hours_of(saturday, [0.9 if hour == 8 else 0.1 for hour in range(24)])
    now = datetime(2026, 3, 28, 20, tzinfo=UTC)
    steps = outlook(now, prices, Forecasts(), PARIS, House())
    dear = {s.start.astimezone(PARIS).hour for s in steps if s.import_per_kwh > 0.5}
    assert dear == {8}
    assert {s.start.hour for s in steps if s.import_per_kwh > 0.5} == {6}


def test_what_is_measured_holds_for_half_an_hour_then_the_forecast() -> None:
    start = NOW.replace(minute=0)
    forecasts = Forecasts(load=band_of(start, [300.0] * 192), sun=band_of(start, [1000.0] * 192))
    steps = outlook(NOW, NO_PRICES, forecasts, PARIS, House(load_w=2000.0, sun_w=100.0))
    assert (steps[0].load_w, steps[0].sun_w, steps[0].sun_low_w) == (2000, 100, 100)
    assert (steps[5].load_w, steps[5].load_high_w) == (300, 600)
    assert (steps[5].sun_w, steps[5].sun_low_w) == (1000, 500)


def test_beyond_a_forecast_its_last_day_is_repeated() -> None:
    start = NOW.replace(minute=0)
    sun = band_of(start, [float(n % 96) for n in range(96)])
    steps = outlook(NOW, NO_PRICES, Forecasts(sun=sun), PARIS, House())
    assert {s.sun_w for s in steps if s.start == start + timedelta(hours=25)} == {4.5}


def test_limits_hold_from_their_beginning_to_their_end() -> None:
    limit = Limit(start=NOW, end=NOW + timedelta(hours=2), import_w=4200.0)
    always = Limit(export_w=3000.0)
    steps = outlook(NOW, NO_PRICES, Forecasts(), PARIS, House(), limits=(limit, always))
    for step in steps:
        limited = step.start < NOW + timedelta(hours=2)
        assert step.import_limit_w == (4200.0 if limited else None)
        assert step.export_limit_w == 3000.0


def test_slots_of_a_quarter_hour_are_seen_one_by_one() -> None:
    start = NOW.replace(minute=0)
    slots = tuple(
        Slot(
            start=start + timedelta(minutes=15 * n),
            end=start + timedelta(minutes=15 * n + 15),
            import_per_kwh=float(n),
            export_per_kwh=0.0,
        )
        for n in range(4 * 48)
    )
    prices = Prices(currency="EUR", slots=slots)
    steps = outlook(NOW, prices, Forecasts(), PARIS, House())
    assert [s.import_per_kwh for s, _ in pairwise(steps)][:100] == list(range(100))


def test_what_is_doubtful_of_the_load_lies_between_a_frugal_day_and_a_hungry_one() -> None:
    load = band_of(NOW.replace(minute=0), [1000.0] * 200)
    steps = outlook(NOW, NO_PRICES, Forecasts(load=load), PARIS, House(load_w=700.0))
    assert (steps[0].load_w, steps[0].load_low_w) == (700, 700)
    assert steps[-1].load_w == 1000
    assert steps[-1].load_low_w == pytest.approx(610)
    assert outlook(NOW, NO_PRICES, Forecasts(), PARIS, House())[-1].load_low_w == 200


def test_a_battery_reckons_with_a_hungry_day_where_there_is_no_sun() -> None:
    load = band_of(NOW.replace(minute=0), [1000.0] * 200)
    sun = band_of(NOW.replace(minute=0), [0.0] * 100 + [1500.0] * 100)
    steps = outlook(NOW, NO_PRICES, Forecasts(load=load, sun=sun), PARIS, House(stores=True))
    assert steps[5].load_w == pytest.approx(1320)
    assert steps[-1].load_w == 1000

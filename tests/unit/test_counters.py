from hypothesis import given
from hypothesis import strategies as st

from agent import counters
from agent.counters import Counter, accept, integrate
from agent.model.clock import Now
from tests.unit.house import GRID, NOON, grid, snapshot

HOUSE_W = 17_000.0


def feed(*values_wh: float, every_s: float = 10.0, start: Counter | None = None) -> Counter:
    counter, now = start, NOON
    for value in values_wh:
        counter = accept(counter, value, now, HOUSE_W)
        now = now.later(every_s)
    assert counter is not None
    return counter


def test_a_glitch_to_zero_is_never_shown() -> None:
    assert feed(100_000, 100_010, 0).shown_wh == 100_010
    assert feed(100_000, 100_010, 0, 0, 0, 100_020).shown_wh == 100_020


def test_a_phantom_megawatt_hour_is_never_shown() -> None:
    assert feed(100_000, 287_000, 100_010).shown_wh == 100_010


def test_an_exchanged_meter_goes_on_from_what_was_shown() -> None:
    counter = feed(100_000, 5, 6, 7, 8, every_s=30)
    assert counter.shown_wh == 100_000 + 1
    assert counter.raw_wh == 8
    later = accept(counter, 108, NOON.later(150), HOUSE_W)
    assert later.shown_wh == 100_101


def test_the_old_meter_that_comes_back_is_not_counted_twice() -> None:
    counter = feed(100_000, 0, 0, 0, every_s=40)
    assert counter.raw_wh == 0
    back = accept(counter, 100_050, NOON.later(200), HOUSE_W)
    assert back.shown_wh == 100_050


def test_a_week_of_outage_is_caught_up() -> None:
    counter = feed(100_000)
    week = accept(counter, 400_000, NOON.later(7 * 86400), HOUSE_W)
    assert week.shown_wh == 400_000


def test_a_device_that_starts_to_count_by_itself_continues_our_own_sum() -> None:
    ours = integrate(integrate(None, 6000, NOON), 6000, NOON.later(60))
    assert round(ours.shown_wh) == 100
    assert round(accept(ours, 55_000, NOON.later(70), HOUSE_W).shown_wh) == 100


def test_a_gap_is_not_filled_with_invented_energy() -> None:
    counter = integrate(integrate(None, 6000, NOON), 6000, NOON.later(3600))
    assert counter.shown_wh == 0


def test_power_without_a_counter_is_integrated_once_per_sample() -> None:
    books: counters.Counters = {}
    for second in range(0, 601, 5):
        said = NOON.later(second - second % 10)
        house = snapshot(grid(3600.0, said))
        books = counters.step(books, house, None, {}, NOON.later(second))
    assert round(books[(GRID, "import_wh")].shown_wh, 6) == 600.0
    assert not books[(GRID, "import_wh")].young
    assert books[(GRID, "export_wh")].shown_wh == 0.0


def test_a_counter_that_the_device_says_a_minute_later_is_shown_as_it_is() -> None:
    books = counters.step({}, snapshot(grid(3600.0)), None, {}, NOON)
    assert books[(GRID, "import_wh")].young
    told = snapshot(grid(3600.0, NOON.later(60), import_wh=9_987_500.0))
    books = counters.step(books, told, None, {}, NOON.later(60))
    assert books[(GRID, "import_wh")] == Counter(
        raw_wh=9_987_500.0, at=NOON.later(60).at, mono_s=NOON.later(60).mono_s
    )


raws = st.one_of(st.floats(0, 1e6), st.sampled_from([0.0, -1.0, float("nan"), 5e8]))


@given(st.lists(st.tuples(raws, st.floats(0, 200)), max_size=40))
def test_what_is_shown_never_falls_and_never_jumps(samples: list[tuple[float, float]]) -> None:
    counter, now = accept(None, 50_000, NOON, HOUSE_W), NOON
    shown_wh = counter.shown_wh
    accepted: Now = now
    for value, gap_s in samples:
        now = now.later(gap_s)
        counter = accept(counter, value, now, HOUSE_W)
        most_wh = HOUSE_W * 1.5 * (now.mono_s - accepted.mono_s) / 3600 + 200
        assert -1e-6 <= counter.shown_wh - shown_wh <= most_wh + 1e-6
        if counter.shown_wh != shown_wh or counter.mono_s == now.mono_s:
            accepted = now
        shown_wh = counter.shown_wh

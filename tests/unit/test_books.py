"""What counters may be shown: never one that a crash could make fall."""

from dataclasses import replace

from agent.control import books
from agent.counters import Counter, Counters, accept, integrate
from tests.unit.house import GARAGE, GRID, NOON

KEY = (GRID, "import_wh")


def told(old: Counter | None, raw_wh: float, after_s: float) -> Counter:
    return accept(old, raw_wh, NOON.later(after_s), 11_000.0)


def after_a_crash(kept: Counters) -> Counters:
    return books.from_rows(books.to_rows(kept))


def test_a_new_counter_is_on_disk_before_it_is_shown() -> None:
    live = {KEY: told(None, 812_000.0, 0)}
    assert books.with_news(live, {})
    assert books.shown(live, {}) == {}
    assert not books.with_news(live, live)
    assert books.shown(live, live) == {KEY: 812_000.0}


def test_a_counter_of_the_device_is_shown_at_once() -> None:
    kept = {KEY: told(None, 812_000.0, 0)}
    live = {KEY: told(kept[KEY], 812_010.0, 10)}
    assert not books.with_news(live, kept)
    assert books.shown(live, kept) == {KEY: 812_010.0}


def test_after_a_crash_nothing_is_shown_until_the_device_has_said_it_again() -> None:
    kept = after_a_crash({KEY: told(None, 812_000.0, 0)})
    assert books.shown(kept, kept) == {}
    live = {KEY: told(kept[KEY], 812_012.0, 20)}
    assert books.shown(live, kept) == {KEY: 812_012.0}


def test_a_counter_of_ours_is_shown_as_it_is_on_disk() -> None:
    key = (GARAGE, "energy_wh")
    kept = {key: replace(integrate(None, 3600.0, NOON), offset_wh=5.0)}
    live = {key: integrate(kept[key], 3600.0, NOON.later(10))}
    assert live[key].shown_wh == 15.0
    assert books.shown(live, kept) == {key: 5.0}
    assert not books.with_news(live, kept)
    assert books.shown(after_a_crash(kept), kept) == {key: 5.0}


def test_a_device_that_begins_to_count_by_itself_is_on_disk_before_it_is_shown() -> None:
    kept = {KEY: replace(integrate(None, 0.0, NOON), offset_wh=5.0)}
    live = {KEY: told(kept[KEY], 812_000.0, 10)}
    assert books.with_news(live, kept)
    assert books.shown(live, kept) == {}
    later = {KEY: told(live[KEY], 812_001.0, 20)}
    assert books.shown(later, live) == {KEY: 6.0}

"""Sun that nobody has measured or foretold: a usual roof under a usual sky."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from agent.backtest.daylight import Daylight, place_of

HOUR_S, DAY_S = 3600, 86_400
BRUSSELS = ZoneInfo("Europe/Brussels")


def seconds(*at: int) -> int:
    return int(datetime(*at, tzinfo=UTC).timestamp())  # type: ignore[misc, arg-type]


def test_a_year_of_it_is_what_roofs_of_4_kw_give_there() -> None:
    daylight, begins_s = Daylight(BRUSSELS), seconds(2025, 1, 1)
    days = (daylight.usual_w(begins_s + n * DAY_S, begins_s + (n + 1) * DAY_S) for n in range(365))
    assert sum(days) * 24 / 1000 == pytest.approx(4000, rel=0.15)


@pytest.mark.parametrize(
    ("zone", "north", "east"),
    [
        ("Europe/Brussels", 50.83, 4.33),
        ("America/Los_Angeles", 34.05, -118.24),
        ("Australia/Sydney", -33.87, 151.22),
        ("Etc/GMT-2", 50.0, 30.0),
        ("UTC", 50.0, 0.0),
    ],
)
def test_a_house_lies_where_its_clock_is_read(zone: str, north: float, east: float) -> None:
    place = place_of(ZoneInfo(zone))
    assert place.latitude_deg == pytest.approx(north, abs=0.02)
    assert place.longitude_deg == pytest.approx(east, abs=0.02)


def test_by_day_a_roof_shows_its_size_and_at_night_nobody_knows_it() -> None:
    daylight, noon_s, night_s = Daylight(BRUSSELS), seconds(2025, 6, 1, 11), seconds(2025, 6, 1)
    soon = noon_s + HOUR_S, noon_s + 2 * HOUR_S
    usual_w = daylight.usual_w(*soon)
    assert daylight.expected_w(noon_s, 8000, *soon) > 2 * usual_w
    assert daylight.expected_w(noon_s, 0, *soon) < 0.4 * usual_w
    assert daylight.expected_w(night_s, 0, *soon) == usual_w
    assert daylight.expected_w(noon_s, 0, night_s + DAY_S, night_s + DAY_S + HOUR_S) == 0


def test_what_is_seen_counts_less_from_hour_to_hour() -> None:
    daylight, noon_s = Daylight(BRUSSELS), seconds(2025, 6, 1, 11)
    shares = []
    for ahead_h in (1, 3, 22):
        stretch = noon_s + ahead_h * HOUR_S, noon_s + (ahead_h + 1) * HOUR_S
        shares.append(daylight.expected_w(noon_s, 6000, *stretch) / daylight.usual_w(*stretch))
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == pytest.approx(1, abs=0.1)

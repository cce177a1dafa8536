"""Where the sun stands, and what it would give on level ground without a cloud.

Sources: NOAA Global Monitoring Laboratory, "General Solar Position Calculations" (Fourier series
of Spencer 1971, better than 0.3 degrees); clear sky after Haurwitz, "Insolation in relation to
cloudiness and cloud density", Journal of Meteorology 2 (1945). Refraction is left out: it is
0.5 degrees at the horizon, where there is next to nothing to be had.
"""

import math
from dataclasses import dataclass
from datetime import datetime

from agent.forecasts.quarters import PER_DAY, QUARTER_S, start_of

RATED_AT_W_PER_M2 = 1000.0
"""The radiation at which modules give their peak power (IEC 60904-3)."""

USUAL_CLEARNESS = 0.5
"""Of what a clear sky would give, what a year gives in central Europe (PVGIS: about 1000 kWh per kW
peak, of some 2000 under clear skies)."""

_MINUTES_PER_DEG = 4.0
_DAY_MIN = 1440.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Args:
    latitude_deg, longitude_deg: north and east positive.
    """

    latitude_deg: float
    longitude_deg: float


@dataclass(frozen=True, slots=True)
class _Day:
    """Args:
    declination_rad: of the sun, at the middle of the day.
    time_min: equation of time, solar minus mean time.
    """

    declination_rad: float
    time_min: float


def sine_of_elevation(at: datetime, place: Place) -> float:
    """Sine of the sun's height over the horizon at an aware instant; below 0 at night."""
    minute = at.timestamp() % (PER_DAY * QUARTER_S) / 60
    return _sine(_day(at), minute, place)


def clear_sky_w_per_m2(sine: float) -> float:
    """Global radiation on level ground under a clear sky, W/m2; 0 at night (Haurwitz 1945)."""
    return 1098.0 * sine * math.exp(-0.057 / sine) if sine > 0 else 0.0


class ClearSky:
    """The clear-sky radiation of quarters of an hour at one place; days are computed once."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._days: dict[int, _Day] = {}

    def __call__(self, quarter: int) -> float:
        """Mean over the quarter, taken in its middle, W/m2."""
        number, time = divmod(quarter, PER_DAY)
        day = self._days.get(number)
        if day is None:
            day = self._days[number] = _day(start_of(number * PER_DAY + PER_DAY // 2))
        minute = (time + 0.5) * QUARTER_S / 60
        return clear_sky_w_per_m2(_sine(day, minute, self._place))


def _day(at: datetime) -> _Day:
    turn = 2 * math.pi / 365 * (at.timetuple().tm_yday - 1 + (at.hour - 12) / 24)
    sin, cos = math.sin, math.cos
    return _Day(
        declination_rad=(
            0.006918 - 0.399912 * cos(turn) + 0.070257 * sin(turn) - 0.006758 * cos(2 * turn)
            + 0.000907 * sin(2 * turn) - 0.002697 * cos(3 * turn) + 0.00148 * sin(3 * turn)
        ),
        time_min=229.18 * (
            0.000075 + 0.001868 * cos(turn) - 0.032077 * sin(turn)
            - 0.014615 * cos(2 * turn) - 0.040849 * sin(2 * turn)
        ),
    )  # fmt: skip


def _sine(day: _Day, minute_utc: float, place: Place) -> float:
    solar_min = minute_utc + day.time_min + _MINUTES_PER_DEG * place.longitude_deg
    hour_angle = 2 * math.pi * (solar_min / _DAY_MIN - 0.5)
    latitude = math.radians(place.latitude_deg)
    return math.sin(latitude) * math.sin(day.declination_rad) + math.cos(latitude) * math.cos(
        day.declination_rad
    ) * math.cos(hour_angle)

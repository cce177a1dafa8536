"""What Home Assistant shows of the forecasts: the sun of today and of tomorrow.

The figures are no counters: a forecast may fall. What nobody knows is unknown, never 0.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from agent.bridges import wire
from agent.bridges.home_assistant.entity import Entity, Needs, Platform, Value, View
from agent.model.forecasts import Band, Forecasts
from agent.model.readings import DeviceKind

_HOURS: Final = 24
_HOUR: Final = timedelta(hours=1)


def _energy(field: str) -> Callable[[View], Value]:
    def value(view: View) -> Value:
        forecasts = view.picture.forecasts
        energy_wh = None if forecasts is None else getattr(forecasts, field)
        return None if energy_wh is None else wire.number(energy_wh / 1000, 1)

    return value


def _details(first_hour: int) -> Callable[[View], Value]:
    """Where it comes from, and kWh by hour."""

    def value(view: View) -> Value:
        forecasts = view.picture.forecasts or Forecasts()
        sun = forecasts.sun
        return {
            "source": None if sun is None else sun.source,
            "trouble": wire.short_text(forecasts.trouble),
            "error_percent": _error_percent(forecasts),
            "hours": {} if sun is None else _hours(sun, first_hour),
        }

    return value


def _hours(sun: Band, first: int) -> dict[str, float | int | None]:
    """kWh by the instant at which an hour begins; the first may be the rest of one."""
    steps = round(3600 / sun.step_s)
    found: dict[str, float | int | None] = {}
    for hour in range(first, first + _HOURS):
        powers = sun.mean_w[hour * steps : (hour + 1) * steps]
        if len(powers) == steps:
            stamp = wire.instant(sun.start + hour * _HOUR)
            found[stamp or ""] = wire.kwh(sum(powers) * sun.step_s / 3600)
    return found


def _error_percent(forecasts: Forecasts) -> float | int | None:
    """Mean absolute error of the last days by the energy of those days."""
    known = [s for s in forecasts.scores if s.what == "sun" and s.error_percent]
    error_w = sum(s.error_w for s in known)
    came_w = sum(s.error_w * 100 / (s.error_percent or 1) for s in known)
    return wire.number(100 * error_w / came_w, 0) if came_w else None


def _row(key: str, name: str, field: str, first_hour: int) -> Entity:
    value = _energy(field)
    return Entity(
        platform=Platform.SENSOR,
        key=key,
        name=name,
        value=value,
        device_class="energy",
        unit="kWh",
        needs=Needs.HEARTH,
        attributes=_details(first_hour),
        shown=lambda _info, house: DeviceKind.INVERTER in house.kinds,
    )


SUN: Final = (
    _row("sun_today", "Sun expected today", "sun_today_wh", 0),
    _row("sun_tomorrow", "Sun expected tomorrow", "sun_tomorrow_wh", _HOURS),
)

"""The part of the status document that tells of forecasts. See docs/forecasts.md."""

from typing import Any

from agent.bridges.wire import instant, kwh, number
from agent.model.forecasts import Band, Score
from agent.model.picture import Picture

_HOURS = 48


def forecasts(picture: Picture) -> dict[str, Any] | None:
    """By hour in kW, from the quarter of an hour in which they were made; null = unknown."""
    found = picture.forecasts
    if found is None:
        return None
    return {
        "sunToday": kwh(found.sun_today_wh),
        "sunTomorrow": kwh(found.sun_tomorrow_wh),
        "sun": _band(found.sun),
        "load": _band(found.load),
        "trouble": found.trouble,
        "scores": [_score(each) for each in found.scores],
    }


def _band(band: Band | None) -> dict[str, Any] | None:
    if band is None:
        return None
    return {
        "source": band.source,
        "start": instant(band.start),
        "stepSeconds": 3600,
        "mean": _hourly(band, band.mean_w),
        "low": _hourly(band, band.low_w),
        "high": _hourly(band, band.high_w),
    }


def _hourly(band: Band, powers_w: tuple[float, ...]) -> list[float | int | None]:
    steps = round(3600 / band.step_s)
    whole = min(_HOURS, len(powers_w) // steps)
    return [
        number(sum(powers_w[hour * steps : (hour + 1) * steps]) / steps / 1000, 3)
        for hour in range(whole)
    ]


def _score(score: Score) -> dict[str, Any]:
    return {
        "day": score.day.isoformat(),
        "what": score.what,
        "error": number(score.error_w / 1000, 3),
        "errorPercent": number(score.error_percent, 1),
        "bias": number(score.bias_w / 1000, 3),
        "insidePercent": number(score.inside_percent, 1),
        "knownPercent": number(score.known_percent, 1),
        "source": score.source,
    }

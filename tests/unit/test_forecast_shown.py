"""What people and programs see of the forecasts."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from agent.bridges import status
from agent.bridges.home_assistant.entity import View
from agent.bridges.home_assistant.forecast import SUN
from agent.bridges.home_assistant.gateway import GATEWAY
from agent.bridges.home_assistant.states import state_json
from agent.model.forecasts import Band, Forecasts, Score
from tests import pictures

START = datetime(2026, 6, 15, 10, 15, tzinfo=UTC)


def band(mean_w: float, steps: int = 204) -> Band:
    return Band(
        start=START,
        step_s=900.0,
        mean_w=(mean_w,) * steps,
        low_w=(mean_w / 2,) * steps,
        high_w=(mean_w * 2,) * steps,
        source="Open-Meteo",
    )


def score(error_w: float, error_percent: float | None) -> Score:
    return Score(
        day=date(2026, 6, 14),
        what="sun",
        error_w=error_w,
        bias_w=-20.0,
        error_percent=error_percent,
        inside_percent=91.7,
        known_percent=100.0,
        source="Open-Meteo",
    )


KNOWN = Forecasts(
    sun=band(1000),
    load=band(400),
    sun_today_wh=21_400,
    sun_tomorrow_wh=18_000,
    scores=(score(100, 10), score(100, 30), score(0, None)),
)


def shown(forecasts: Forecasts | None) -> dict[str, Any]:
    import json

    picture = replace(pictures.full_picture(), forecasts=forecasts)
    found: dict[str, Any] = json.loads(state_json(SUN, View(info=GATEWAY, picture=picture)))
    return found


def test_home_assistant_shows_the_sun_of_both_days() -> None:
    found = shown(KNOWN)
    assert (found["sun_today"], found["sun_tomorrow"]) == (21.4, 18.0)
    details = found["sun_today_details"]
    assert details["source"] == "Open-Meteo"
    assert len(details["hours"]) == 24
    assert details["hours"]["2026-06-15T10:15:00+00:00"] == 1.0
    assert next(iter(found["sun_tomorrow_details"]["hours"])) == "2026-06-16T10:15:00+00:00"
    # 200 W of error on 1000 W and 333 W that came
    assert details["error_percent"] == 15


@pytest.mark.parametrize("forecasts", [None, Forecasts(), Forecasts(trouble="check the key")])
def test_what_nobody_knows_is_unknown(forecasts: Forecasts | None) -> None:
    found = shown(forecasts)
    assert found["sun_today"] is None
    assert found["sun_tomorrow"] is None
    assert found["sun_today_details"]["hours"] == {}
    assert found["sun_today_details"]["trouble"] == (forecasts and forecasts.trouble)


def test_a_house_without_inverters_has_no_such_sensors() -> None:
    from agent.bridges.home_assistant.tables import household

    picture = pictures.full_picture()
    assert all(row.shown(GATEWAY, household(picture)) for row in SUN)
    alone = household(replace(picture, devices=(pictures.CHARGER,)))
    assert not any(row.shown(GATEWAY, alone) for row in SUN)


def test_the_status_tells_forecasts_by_hour_and_how_good_they_were() -> None:
    picture = replace(pictures.full_picture(), forecasts=KNOWN)
    found = status.document(picture)["forecasts"]
    assert found["sunToday"] == 21.4
    assert found["sun"]["mean"] == [1.0] * 48
    assert found["load"]["low"][0] == 0.2
    assert found["sun"]["start"] == "2026-06-15T10:15:00+00:00"
    assert found["scores"][0] == {
        "day": "2026-06-14",
        "what": "sun",
        "error": 0.1,
        "errorPercent": 10,
        "bias": -0.02,
        "insidePercent": 91.7,
        "knownPercent": 100,
        "source": "Open-Meteo",
    }


def test_the_status_of_a_house_without_forecasts_has_none() -> None:
    unmade = replace(pictures.full_picture(), forecasts=None)
    assert status.document(unmade)["forecasts"] is None
    empty = replace(pictures.full_picture(), forecasts=Forecasts())
    found = status.document(empty)["forecasts"]
    assert found["sun"] is found["load"] is found["sunToday"] is None
    assert found["scores"] == []

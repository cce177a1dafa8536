"""Answers of services, in the shapes that they document."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from agent.forecasts.outlook import Row, outlook_of
from agent.forecasts.quarters import quarter_of
from agent.forecasts.solar import Place
from agent.services.sun import forecast_solar, mapped, open_meteo, solcast
from agent.services.sun.mapped import DETAILED_FORECAST, Keys
from agent.services.sun.source import BadAnswer, Plane

NOW = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)


def at(hour: float, day: int = 15) -> datetime:
    return datetime(2026, 6, day, tzinfo=UTC) + timedelta(hours=hour)


def means(rows: list[Row]) -> dict[int, float]:
    return dict(outlook_of("it", NOW, [rows]).quarters)


FORECAST_SOLAR = orjson.dumps(
    {
        "result": {
            "watts": {"2026-06-15T04:20:17+00:00": 0, "2026-06-15T05:00:00+00:00": 90},
            "watt_hours_period": {
                "2026-06-15T04:20:17+00:00": 0,
                "2026-06-15T05:00:00+00:00": 30,
                "2026-06-15T06:00:00+00:00": 400,
                "2026-06-15T19:47:52+00:00": 100,
                "2026-06-15T19:00:00+00:00": 600,
                "2026-06-16T04:20:25+00:00": 0,
                "2026-06-16T05:00:00+00:00": 33,
            },
        },
        "message": {"code": 0, "type": "success", "ratelimit": {"limit": 12, "remaining": 10}},
    }
)


def test_odd_rows_at_sunrise_become_whole_quarters() -> None:
    found = means(forecast_solar.read(FORECAST_SOLAR))
    assert found[quarter_of(at(5.5))] == pytest.approx(400)
    assert found[quarter_of(at(4.75))] == pytest.approx(30 / (39 * 60 + 43) * 3600)
    assert quarter_of(at(4.25)) in found  # ten of its fifteen minutes are told
    assert found[quarter_of(at(19.5))] == pytest.approx(100 / (47 * 60 + 52) * 3600)


def test_between_sunset_and_sunrise_nothing_comes() -> None:
    found = means(forecast_solar.read(FORECAST_SOLAR))
    assert found[quarter_of(at(22))] == 0
    assert found[quarter_of(at(3, 16))] == 0
    assert quarter_of(at(12)) not in found  # thirteen hours of which the answer says nothing


def test_a_wait_is_as_long_as_the_service_says() -> None:
    body = orjson.dumps(
        {
            "result": "Rate limit for API calls reached.",
            "message": {
                "code": 429,
                "ratelimit": {"period": 3600, "limit": 12, "retry-at": "2026-06-15T11:48:00+02:00"},
            },
        }
    )
    assert forecast_solar._too_often(body, NOW).again_after_s == 48 * 60
    assert forecast_solar._too_often(b"<html>", NOW).again_after_s == 3600


def test_planes_share_the_questions_of_an_hour() -> None:
    def every_s(planes: int) -> float:
        plane = Plane(tilt_deg=30, azimuth_deg=0, peak_w=5000)
        place = Place(latitude_deg=52.5, longitude_deg=13.4)
        return forecast_solar.ForecastSolar(place=place, planes=[plane] * planes).every_s

    assert every_s(1) * 12 >= 3600
    assert 12 * every_s(6) / 6 > 3600


def open_meteo_body(radiation: list[float | None]) -> bytes:
    start = int(at(10).timestamp())
    return orjson.dumps(
        {
            "minutely_15": {
                "time": [start + 900 * n for n in range(len(radiation))],
                "temperature_2m": [6.1] * len(radiation),
                "global_tilted_irradiance": radiation,
            }
        }
    )


def test_radiation_is_of_the_quarter_before_its_stamp() -> None:
    found = means(open_meteo.read(open_meteo_body([212.4]), 5000))
    # 6.1 C + 212.4 * 0.0342 K = 13.4 C: 5 kW * 0.2124 * (1 + 0.004 * 11.6) = 1111 W
    assert found == {quarter_of(at(9.75)): pytest.approx(1111 * 0.88, rel=0.002)}


def test_radiation_below_nothing_is_nothing_and_none_is_not_known() -> None:
    found = means(open_meteo.read(open_meteo_body([-84.0, None, 10.0]), 5000))
    assert found[quarter_of(at(9.75))] == 0
    assert quarter_of(at(10)) not in found
    assert found[quarter_of(at(10.25))] > 0


def test_planes_are_summed_before_the_inverter_cuts_them() -> None:
    east = open_meteo.read(open_meteo_body([800.0, 300.0]), 5000)
    west = open_meteo.read(open_meteo_body([400.0, 300.0]), 5000)
    found = outlook_of("it", NOW, [east, west], 4000).quarters
    assert found[quarter_of(at(9.75))] == 4000
    assert found[quarter_of(at(10))] == pytest.approx(2 * east[1].mean_w)


def test_a_quarter_of_which_one_plane_says_nothing_is_not_known() -> None:
    east = open_meteo.read(open_meteo_body([800.0, None]), 5000)
    west = open_meteo.read(open_meteo_body([400.0, 300.0]), 5000)
    assert set(outlook_of("it", NOW, [east, west]).quarters) == {quarter_of(at(9.75))}


SOLCAST = orjson.dumps(
    {
        "forecasts": [
            {
                "pv_estimate": 1.24,
                "pv_estimate10": 0.6,
                "pv_estimate90": 1.9,
                "period_end": "2026-06-15T10:30:00.0000000Z",
                "period": "PT30M",
            }
        ]
    }
)


def test_a_row_of_solcast_ends_at_its_stamp_and_has_a_band() -> None:
    found = outlook_of("it", NOW, [solcast.read(SOLCAST)])
    here = quarter_of(at(10))
    assert found.quarters == {here: 1240, here + 1: 1240}
    assert found.spread[here] == (600, 1900)


def test_a_used_up_day_of_solcast_ends_at_midnight() -> None:
    spent = orjson.dumps({"response_status": {"error_code": "TooManyRequests"}})
    assert solcast._too_often(spent, NOW).again_after_s == 15 * 3600
    assert solcast._too_often(b"busy", NOW).again_after_s == 900
    assert 86_400 / solcast.Solcast(sites=["a", "b"], key="k").every_s * 2 <= 10


HOME_ASSISTANT = orjson.dumps(
    {
        "entity_id": "sensor.solcast_pv_forecast_forecast_today",
        "state": "31.2",
        "attributes": {
            "detailedForecast": [
                {
                    "period_start": "2026-06-15T12:00:00+02:00",
                    "pv_estimate": 3.5,
                    "pv_estimate10": 1.1,
                    "pv_estimate90": 4.2,
                },
                {
                    "period_start": "2026-06-15T12:30:00+02:00",
                    "pv_estimate": 3.6,
                    "pv_estimate10": 1.2,
                    "pv_estimate90": 4.3,
                },
            ]
        },
    }
)


def test_the_solcast_sensor_of_home_assistant_needs_no_mapping() -> None:
    found = outlook_of("it", NOW, [mapped.read(HOME_ASSISTANT, DETAILED_FORECAST)])
    here = quarter_of(at(10))
    assert [found.quarters[here + n] for n in range(4)] == [3500, 3500, 3600, 3600]
    assert found.spread[here + 2] == (1200, 4300)


def test_any_rows_can_be_mapped() -> None:
    energies = {"2026-06-15T10:00:00Z": 500, "2026-06-15T11:00:00Z": 700}
    keys = Keys(rows=("wh",), unit="Wh", low=None, high=None, stamp="end")
    found = means(mapped.read(orjson.dumps({"wh": energies}), keys))
    assert found[quarter_of(at(9.5))] == 500
    assert found[quarter_of(at(10.5))] == 700
    assert quarter_of(at(11)) not in found


@pytest.mark.parametrize(
    ("read", "body", "says"),
    [
        (forecast_solar.read, b"<html>502", "no JSON"),
        (forecast_solar.read, b'{"result": {}}', "watt_hours_period"),
        (
            forecast_solar.read,
            b'{"result": {"watt_hours_period": {"noon": 3}}}',
            "'noon' is no time",
        ),
        (solcast.read, b'{"forecasts": []}', "no forecasts"),
        (
            solcast.read,
            b'{"forecasts": [{"pv_estimate": 1, "period": "P1Y", "period_end": "2026-06-15"}]}',
            "'P1Y' is no period",
        ),
        (lambda body: open_meteo.read(body, 1), b'{"minutely_15": {"time": [1]}}', "two lists"),
        (
            lambda body: open_meteo.read(body, 1),
            b'{"minutely_15": {"time": [1], "global_tilted_irradiance": ["much"]}}',
            "'much' is no power",
        ),
        (lambda body: mapped.read(body, Keys()), b"{}", "no time"),
        (lambda body: mapped.read(body, Keys()), b"[1]", "no list of rows"),
        (
            lambda body: mapped.read(body, Keys()),
            b'[{"at": 1}]',
            "a row has no period_start; it has at",
        ),
    ],
)
def test_what_cannot_be_read_is_said_to_be_so(read, body: bytes, says: str) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    if says == "no time":
        assert read(body) == []
        return
    with pytest.raises(BadAnswer, match=says):
        read(body)

"""Solar forecasts over real HTTP: two planes, a quota that is used up, and a plan that goes on."""

import asyncio
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from agent.forecasts import Place
from agent.forecasts.quarters import quarter_of
from agent.services.fetching import Declined, Down, Web
from agent.services.sun.forecast_solar import ForecastSolar
from agent.services.sun.mapped import JsonForecast
from agent.services.sun.open_meteo import OpenMeteo
from agent.services.sun.solcast import Solcast
from agent.services.sun.source import Plane
from tests.sim.http_service import Asked, Reply, http_service
from tests.sim.test_prices import HouseClock
from tests.unit.test_sun_services import FORECAST_SOLAR, HOME_ASSISTANT, SOLCAST, open_meteo_body

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)
PLACE = Place(latitude_deg=52.52, longitude_deg=13.41)
PLANES = (
    Plane(tilt_deg=30, azimuth_deg=-90, peak_w=5000),
    Plane(tilt_deg=30, azimuth_deg=90, peak_w=5000),
)


def answer(asked: Asked) -> Reply:
    if asked.path.startswith("/estimate/52.5200/13.4100/30/-90/5"):
        return Reply(body=FORECAST_SOLAR)
    if asked.path.startswith("/estimate/"):
        late = {"message": {"code": 429, "ratelimit": {"retry-at": "2026-06-15T09:40:00+00:00"}}}
        return Reply(status=429, body=orjson.dumps(late))
    if asked.path.startswith("/v1/forecast?latitude=52.5200&longitude=13.4100&"):
        return Reply(body=open_meteo_body([800.0, 300.0]))
    if asked.headers.get("authorization") != "Bearer s3cret":
        return Reply(status=401)
    if asked.path.startswith("/rooftop_sites/roof/forecasts"):
        return Reply(body=SOLCAST)
    if asked.path == "/api/states/sensor.solcast_pv_forecast_forecast_today":
        return Reply(body=HOME_ASSISTANT)
    return Reply(status=404)


def test_services_are_asked_as_they_document_it() -> None:
    async def main() -> None:
        web = Web(HouseClock(NOW))
        async with http_service(answer) as service:
            one = ForecastSolar(place=PLACE, planes=PLANES[:1], url=service.url)
            assert (await one.fetch(web, NOW)).quarters[quarter_of(NOW - timedelta(hours=3.5))]
            both = ForecastSolar(place=PLACE, planes=PLANES, url=service.url)
            with pytest.raises(Down) as used_up:
                await both.fetch(web, NOW)
            assert used_up.value.again_after_s == 40 * 60
            meteo = OpenMeteo(place=PLACE, planes=PLANES, limit_w=6000, url=service.url)
            assert max((await meteo.fetch(web, NOW)).quarters.values()) == 6000
            asked = [each.path for each in service.asked if "tilt" in each.path]
            assert "tilt=30&azimuth=-90&" in asked[0]
            solcast = Solcast(sites=["roof"], key="s3cret", url=service.url)
            assert set((await solcast.fetch(web, NOW)).quarters.values()) == {1240}
            sensor = JsonForecast.of_home_assistant(
                url=service.url,
                entities=["sensor.solcast_pv_forecast_forecast_today"],
                token="s3cret",  # noqa: S106
            )
            assert (await sensor.fetch(web, NOW)).spread
            with pytest.raises(Declined, match="check the token") as refused:
                await Solcast(sites=["roof"], key="wrong", url=service.url).fetch(web, NOW)
            assert "wrong" not in str(refused.value)

    asyncio.run(main())

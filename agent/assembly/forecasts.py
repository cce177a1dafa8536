"""From the installer's file to the job of forecasts; only what is in use is imported."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from agent.config import Settings
from agent.config.solar import SolarConfig
from agent.forecasts import Place
from agent.model.clock import Clock
from agent.model.driver import Notebook
from agent.model.forecasts import Forecasts
from agent.model.readings import DeviceId
from agent.services.fetching import Web
from agent.services.forecasts.job import ForecastJob, Home
from agent.services.forecasts.past import History
from agent.services.sun.asking import Asking
from agent.services.sun.source import Feed, Plane, SunSource
from agent.watched import Watched
from drivers.mqtt_link import Server

Job = Callable[[], Awaitable[None]]


def build_forecasts(
    settings: Settings,
    *,
    inverters: tuple[DeviceId, ...],
    store: History,
    notebook: Notebook,
    clock: Clock,
    forecasts: Watched[Forecasts],
    broker: Server | None,
) -> Mapping[str, Job]:
    """The job that makes forecasts, and a listener where they come over MQTT, by name."""
    place = _place(settings)
    feed: Feed | None = None
    news: asyncio.Event | None = None
    jobs: dict[str, Job] = {}
    if settings.solar.service == "mqtt" and broker is not None:
        from agent.services.sun.listening import SunListener

        connection = f"{settings.mqtt_client_id}-sun"
        listener = SunListener(
            broker, connection, settings.solar.topics, keys_of(settings.solar), clock
        )
        feed, news, jobs[listener.name] = listener, listener.news, listener.run
    elif settings.solar.service != "none":
        feed = Asking(build_source(settings.solar, place), Web(clock), clock)
    job = ForecastJob(
        home=Home(
            timezone=settings.house.timezone,
            place=place,
            rated_w=rated_w(settings.solar),
            inverters=inverters,
        ),
        store=store,
        notebook=notebook,
        clock=clock,
        forecasts=forecasts,
        feed=feed,
        news=news,
    )
    return {job.name: job.run, **jobs}


def build_source(solar: SolarConfig, place: Place | None) -> SunSource:
    """The service that the installer named.

    Raises:
        ValueError: it is not one that is asked, or lacks the position; `hearth check` says so.
    """
    key = solar.key.get_secret_value() if solar.key else None
    token = solar.token.get_secret_value() if solar.token else None
    planes = tuple(
        Plane(tilt_deg=each.tilt_deg, azimuth_deg=each.azimuth_deg, peak_w=each.peak_w)
        for each in solar.planes.values()
    )
    match solar.service:
        case "open-meteo" if place is not None:
            from agent.services.sun.open_meteo import OpenMeteo

            return OpenMeteo(place=place, planes=planes, limit_w=solar.max_power_w)
        case "forecast-solar" if place is not None:
            from agent.services.sun.forecast_solar import ForecastSolar

            return ForecastSolar(place=place, planes=planes, key=key, limit_w=solar.max_power_w)
        case "solcast":
            from agent.services.sun.solcast import Solcast

            return Solcast(sites=solar.sites, key=key or "")
        case "home-assistant" | "json":
            return _json(solar, token)
    raise ValueError(f"solar.service {solar.service} cannot be asked")


def _json(solar: SolarConfig, token: str | None) -> SunSource:
    from agent.services.sun.mapped import JsonForecast

    keys, url = keys_of(solar), solar.url or ""
    if solar.service == "json":
        return JsonForecast(name="the solar forecast", urls=(url,), keys=keys, token=token)
    return JsonForecast.of_home_assistant(
        url=url, entities=solar.entities, token=token or "", keys=keys
    )


def keys_of(solar: SolarConfig) -> Any:
    """Where things stand in the rows."""
    from agent.services.sun.mapped import Keys

    usual = "attributes.detailedForecast" if solar.service == "home-assistant" else ""
    rows = usual if solar.rows is None else solar.rows
    return Keys(
        rows=tuple(each for each in rows.split(".") if each),
        time=solar.time_key,
        value=solar.value_key,
        low=solar.low_key,
        high=solar.high_key,
        unit=solar.unit,
        stamp=solar.stamp,
        length_s=solar.row_s,
    )


def rated_w(solar: SolarConfig) -> float | None:
    """The most that the plant can give; None = nobody said."""
    peak_w = sum(plane.peak_w for plane in solar.planes.values()) or None
    said = [each for each in (peak_w, solar.max_power_w) if each is not None]
    return min(said, default=None)


def _place(settings: Settings) -> Place | None:
    latitude_deg, longitude_deg = settings.house.latitude_deg, settings.house.longitude_deg
    if latitude_deg is None or longitude_deg is None:
        return None
    return Place(latitude_deg=latitude_deg, longitude_deg=longitude_deg)

"""What the installer says about the sun, and what becomes of it."""

from pathlib import Path

import pytest

from agent.assembly.forecasts import build_source, keys_of, rated_w
from agent.config import Settings, load
from agent.config.faults import ConfigError
from agent.forecasts import Place
from agent.services.sun.open_meteo import OpenMeteo

HOUSE = "house:\n  timezone: Europe/Berlin\n  fuse_a: 35\n"
PLACED = HOUSE + "  latitude_deg: 52.5\n  longitude_deg: 13.4\n"
PLANES = """  planes:
    east: {tilt_deg: 30, azimuth_deg: -90, peak_w: 5000}
    west: {tilt_deg: 30, azimuth_deg: 90, peak_w: 4000}
"""
BERLIN = Place(latitude_deg=52.5, longitude_deg=13.4)


def settings(folder: Path, text: str) -> Settings:
    file = folder / "hearth.yaml"
    file.write_text(text, encoding="utf-8")
    return load(file, {})


def faults(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        settings(folder, text)
    return str(caught.value)


def test_a_house_that_says_nothing_has_no_service(tmp_path: Path) -> None:
    solar = settings(tmp_path, HOUSE).solar
    assert solar.service == "none"
    assert rated_w(solar) is None
    with pytest.raises(ValueError, match="cannot be asked"):
        build_source(solar, BERLIN)


def test_the_planes_and_the_inverter_say_what_the_plant_can_give(tmp_path: Path) -> None:
    text = PLACED + "solar:\n  service: open-meteo\n" + PLANES
    solar = settings(tmp_path, text).solar
    assert rated_w(solar) == 9000
    assert isinstance(build_source(solar, BERLIN), OpenMeteo)
    limited = settings(tmp_path, text.replace("open-meteo", "open-meteo\n  max_power_w: 8000"))
    assert rated_w(limited.solar) == 8000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (PLACED + "solar:\n  service: open-meteo\n", "service: open-meteo needs planes; add it"),
        (PLACED + "solar:\n  service: solcast\n", "needs sites and key; add it"),
        (PLACED + "solar:\n  service: mqtt\n  topics: [a]\n", "add mqtt: with host"),
        (HOUSE + "solar:\n  service: forecast-solar\n" + PLANES, "nobody said where the house is"),
        (HOUSE + "solar:\n  max_power_w: 900\n" + PLANES, "correct it, or peak_w of the planes"),
        (HOUSE + "solar:\n  service: openmeteo\n", "open-meteo"),
        (HOUSE + "solar:\n  service: json\n  url: roof\n", "solar.url"),
    ],
)
def test_what_cannot_work_is_said_with_the_remedy(tmp_path: Path, text: str, says: str) -> None:
    assert says in faults(tmp_path, text)


def test_home_assistant_needs_no_mapping(tmp_path: Path) -> None:
    text = (
        HOUSE + "solar:\n  service: home-assistant\n  url: http://ha:8123\n  token: t\n"
        "  entities: [sensor.today]\n"
    )
    solar = settings(tmp_path, text).solar
    assert keys_of(solar).rows == ("attributes", "detailedForecast")
    assert build_source(solar, None).name == "Home Assistant"
    assert keys_of(settings(tmp_path, text + "  rows: a.b\n").solar).rows == ("a", "b")

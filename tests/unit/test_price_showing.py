"""Prices as people and programs see them: current, and unknown where they are."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson

from agent.bridges.home_assistant.discovery import document as discovery
from agent.bridges.home_assistant.gateway import GATEWAY
from agent.bridges.home_assistant.states import Views, state_json
from agent.bridges.home_assistant.tables import household, rows_of
from agent.bridges.home_assistant.topics import Topics
from agent.bridges.mqtt import Broker
from agent.bridges.status import document
from agent.model.picture import Picture
from tests import pictures

HOUR = timedelta(hours=1)


def at(hours: float) -> Picture:
    full = pictures.full_picture()
    return replace(full, now=full.now.later(hours * 3600))


def shown(picture: Picture) -> Any:
    rows = rows_of(GATEWAY, household(picture))
    return orjson.loads(state_json(rows, Views().of(GATEWAY, picture)))


def test_the_status_tells_what_holds_now_and_until_when_more_is_known() -> None:
    now = document(at(1.5))["prices"]
    assert (now["import"], now["export"], now["currency"]) == (-0.02, 0.0786, "EUR")
    assert now["until"] == now["knownUntil"] == "2026-06-01T14:00:00+00:00"
    assert now["peak"] == {"perKw": 4.42, "windowSeconds": 900, "free": 2.5, "reached": 4.2}
    assert now["sources"] == {"Energy-Charts DE-LU": "until 2026-06-01 14:00 UTC"}
    assert document(at(0))["prices"]["knownUntil"] == "2026-06-01T14:00:00+00:00"


def test_what_nobody_knows_is_null_and_never_zero() -> None:
    later = document(at(3))["prices"]
    assert (later["import"], later["export"], later["knownUntil"]) == (None, None, None)
    assert document(replace(at(0), prices=None))["prices"] is None


def test_home_assistant_shows_the_current_prices_and_unknown_where_they_are() -> None:
    assert shown(at(0))["import_price"] == 0.284
    assert (shown(at(1))["import_price"], shown(at(1))["export_price"]) == (-0.02, 0.0786)
    assert shown(at(3))["import_price"] is None
    assert shown(replace(at(0), prices=None))["export_price"] is None
    assert shown(at(0))["import_price_details"]["until"] == "2026-06-01T13:00:00+00:00"


def test_the_sensors_stay_while_prices_are_missing_and_are_none_without_a_tariff() -> None:
    def components(picture: Picture) -> Any:
        topics = Topics(Broker(host="b"), "home")
        return discovery(topics, GATEWAY, None, household(picture))["components"]

    missing = components(replace(at(0), prices=None))
    assert missing["import_price"]["unit_of_measurement"] == "EUR/kWh"
    none = components(replace(at(0), currency=None, prices=None))
    assert "import_price" not in none
    assert "export_price" not in none

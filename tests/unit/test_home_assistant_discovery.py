"""Every discovery document keeps the rules that Home Assistant 2024.11 to 2026.11 enforces.

One unknown key at the top, in device or in origin loses the whole device, so the lists here
are what is allowed, not what is forbidden.
"""

import re
from dataclasses import replace
from typing import Any

import pytest

from agent.bridges.home_assistant.discovery import document, farewell, platforms
from agent.bridges.home_assistant.entity import Household
from agent.bridges.home_assistant.gateway import GATEWAY
from agent.bridges.home_assistant.tables import household, kinds_of
from agent.bridges.home_assistant.topics import Topics
from agent.bridges.mqtt import Broker
from agent.model.driver import DeviceInfo
from agent.model.pairs import PairingMode
from agent.model.readings import DeviceId, DeviceKind
from tests import pictures

TOPICS = Topics(Broker(host="broker", expire_after_s=60.0), "home")
EVERYTHING = (GATEWAY, *pictures.DEVICES)
HOUSE = household(pictures.full_picture())

COMMON = {
    "platform", "unique_id", "name", "qos", "availability", "availability_mode",
    "entity_category", "enabled_by_default", "device_class",
}  # fmt: skip
STATE = {"state_topic", "value_template"}
ALLOWED = {
    "sensor": COMMON | STATE | {
        "unit_of_measurement", "state_class", "suggested_display_precision", "options",
        "expire_after", "last_reset_value_template", "json_attributes_topic",
        "json_attributes_template",
    },
    "binary_sensor": COMMON | STATE | {"payload_on", "payload_off", "expire_after"},
    "switch": COMMON | STATE | {
        "command_topic", "payload_on", "payload_off", "state_on", "state_off",
    },
    "number": COMMON | STATE | {
        "command_topic", "min", "max", "step", "mode", "unit_of_measurement",
    },
    "select": COMMON | STATE | {"command_topic", "options"},
    "text": COMMON | STATE | {"command_topic"},
    "button": COMMON | {"command_topic"},
    "device_tracker": COMMON | {"json_attributes_topic", "json_attributes_template"},
}  # fmt: skip

FIT_FOR_STATISTICS = {
    ("power", "W", "measurement"),
    ("current", "A", "measurement"),
    ("voltage", "V", "measurement"),
    ("frequency", "Hz", "measurement"),
    ("temperature", "°C", "measurement"),
    ("battery", "%", "measurement"),
    ("energy", "kWh", "total_increasing"),
    ("energy", "kWh", None),
    ("energy", "kWh", "total"),
    ("energy_storage", "kWh", "measurement"),
    ("distance", "km", "measurement"),
    ("distance", "km", "total_increasing"),
    ("duration", "min", "measurement"),
    (None, "%", "measurement"),
    (None, None, "measurement"),
    ("enum", None, None),
    ("timestamp", None, None),
    ("monetary", "EUR", None),
    ("monetary", "EUR", "total"),
    (None, "EUR/kWh", "measurement"),
    (None, None, None),
}


def _document(info: DeviceInfo, house: Household = HOUSE) -> dict[str, Any]:
    seen = pictures.full_picture().snapshot.get(info.id)
    return document(TOPICS, info, None if seen is None else seen.value, house)


def _components() -> list[tuple[DeviceInfo, str, dict[str, Any]]]:
    return [
        (info, key, component)
        for info in EVERYTHING
        for key, component in _document(info)["components"].items()
    ]


@pytest.mark.parametrize("info", EVERYTHING, ids=lambda info: info.id)
def test_a_document_has_allowed_keys_only(info: DeviceInfo) -> None:
    made = _document(info)
    assert set(made) == {"device", "origin", "components"}
    assert set(made["origin"]) <= {"name", "sw_version", "support_url"}
    assert made["origin"]["name"] == "Hearth"
    assert set(made["device"]) <= {
        "identifiers", "name", "manufacturer", "model", "serial_number", "sw_version",
        "via_device",
    }  # fmt: skip
    assert made["device"]["identifiers"]
    assert made["device"]["name"]
    assert re.fullmatch(r"homeassistant/device/[\w-]+(/[\w-]+)?/config", TOPICS.discovery(info))


@pytest.mark.parametrize(
    ("info", "key", "component"), _components(), ids=lambda part: getattr(part, "id", None)
)
def test_a_component_keeps_the_rules_of_its_platform(
    info: DeviceInfo, key: str, component: dict[str, Any]
) -> None:
    platform = component["platform"]
    assert set(component) <= ALLOWED[platform]
    assert {"unique_id", "name"} <= set(component)
    assert "state_topic" in component or platform in ("button", "device_tracker")
    assert not component["name"].lower().startswith(info.name.lower())
    assert component["name"][0].isupper()
    assert component["unique_id"].endswith(f"--{key}")
    assert None not in component.values()
    category = component.get("entity_category")
    assert category in (None, "diagnostic", "config")
    if platform in ("sensor", "binary_sensor"):
        assert category != "config"
    if platform == "device_tracker":
        assert component["json_attributes_topic"] == TOPICS.state(info)
    if platform in ("switch", "number", "select", "button", "text"):
        assert component["command_topic"].endswith(f"/{key}/set")


@pytest.mark.parametrize("component", [c for _, _, c in _components()])
def test_class_unit_and_state_class_fit_together(component: dict[str, Any]) -> None:
    device_class = component.get("device_class")
    trait = (device_class, component.get("unit_of_measurement"), component.get("state_class"))
    match component["platform"]:
        case "sensor":
            assert trait in FIT_FOR_STATISTICS
            assert ("options" in component) is (device_class == "enum")
            numeric = component.get("state_class") is not None
            assert ("suggested_display_precision" in component) is numeric
            if "last_reset_value_template" in component:
                assert component["state_class"] == "total"
        case "binary_sensor":
            assert device_class in ("plug", "connectivity")
            assert {"payload_on", "payload_off"} <= set(component)
        case "number":
            assert component["min"] < component["max"]
            assert component["step"] > 0
            known = [("current", "A", None), ("duration", "min", None)]
            assert trait in (*known, (None, "%", None), (None, "h", None))
    assert component.get("options", ["x"])
    if component.get("device_class") == "energy":
        assert "expire_after" not in component


@pytest.mark.parametrize("info", EVERYTHING, ids=lambda info: info.id)
def test_availability_has_two_levels_and_counters_outlive_the_device(info: DeviceInfo) -> None:
    alive, device = {"topic": TOPICS.alive}, {"topic": TOPICS.availability(info)}
    for key, component in _document(info)["components"].items():
        if key == "connectivity":
            assert "availability" not in component
            continue
        assert component["availability_mode"] == "all"
        own = key in ("energy", "mode", "current_limit", "session_energy") or "energy_" in key
        own |= info is pictures.CAR or key.startswith(("schedule_", "next_"))
        if info is GATEWAY or (own and (info.id, key) != ("roof_battery", "mode")):
            assert component["availability"] == [alive]
        elif key in ("power", "charging", "plug", "soc"):
            assert component["availability"] == [alive, device]


def test_everything_hangs_on_the_gateway() -> None:
    own = _document(GATEWAY)["device"]["identifiers"][0]
    for info in pictures.DEVICES:
        assert _document(info)["device"]["via_device"] == own
    assert "via_device" not in _document(GATEWAY)["device"]


def test_unique_ids_are_unique_in_the_house() -> None:
    made = [component["unique_id"] for _, _, component in _components()]
    assert len(made) == len(set(made))


def test_no_device_shows_more_than_fifteen_entities_unasked() -> None:
    """Besides the schedules that people make, the smart charging that they turn on, and the tariff
    that they write."""
    house = replace(HOUSE, schedules=(), smart={}, tariff=None)
    for info in EVERYTHING:
        components = _document(info, house)["components"].values()
        assert sum(c.get("enabled_by_default", True) for c in components) <= 15


def test_what_the_device_says_of_itself_is_passed_on() -> None:
    assert _document(pictures.CHARGER)["device"] == {
        "identifiers": ["hearth_home--garage"],
        "name": "Garage",
        "manufacturer": "Alfen",
        "model": "Eve",
        "serial_number": "A1",
        "sw_version": "6.1",
        "via_device": "hearth_home",
    }


def test_a_device_that_has_not_spoken_takes_nothing_back_that_is_known_of_it() -> None:
    """After a restart of Hearth a charger says who it is only when it boots itself."""
    topics = Topics(Broker(host="broker"), "home")
    said = pictures.snapshot()[pictures.GARAGE].value
    silent = replace(said, vendor=None, model=None, serial_number=None, firmware=None)
    for reading in (None, silent):
        made: Any = document(topics, pictures.CHARGER, reading, HOUSE)
        assert set(made["device"]) == {"identifiers", "name", "via_device"}
    made = document(topics, pictures.METER, None, HOUSE)
    assert "model" not in made["device"]
    meter = replace(pictures.snapshot()[pictures.GRID].value, model=None)
    made = document(topics, pictures.METER, meter, HOUSE)
    assert made["device"]["model"] == pictures.METER.driver


def test_the_discovery_topic_has_no_node_id() -> None:
    """Home Assistant 2024.11 would never remove the device (measured with 2024.11.3)."""
    topics = Topics(Broker(host="broker"), "home")
    for info in EVERYTHING:
        assert len(topics.discovery(info).split("/")) == 4


def test_expiry_is_off_unless_the_user_wants_it() -> None:
    topics = Topics(Broker(host="broker"), "home")
    made: Any = document(topics, pictures.METER, None, HOUSE)
    assert not [c for c in made["components"].values() if "expire_after" in c]
    assert _document(pictures.METER)["components"]["power"]["expire_after"] == 60


def test_a_battery_that_cannot_be_set_has_no_mode_select() -> None:
    plain = DeviceInfo(id=DeviceId("b"), kind=DeviceKind.BATTERY, name="Cellar", driver="somebody")
    assert "mode" not in _document(plain)["components"]
    assert "mode" in _document(pictures.BATTERY)["components"]


def test_a_car_that_nobody_can_tell_anything_has_no_switch() -> None:
    car = replace(pictures.CAR, startable=False, refreshable=False, locatable=False)
    house = replace(HOUSE, pairing=PairingMode.OBSERVE_ONLY)
    switches = {"charging", "charge_now"}
    assert switches <= _document(car)["components"].keys()
    assert not switches & _document(car, house)["components"].keys()
    alone = replace(HOUSE, kinds=frozenset({DeviceKind.VEHICLE}))
    assert not {*switches, "charger"} & _document(car, alone)["components"].keys()
    assert not {"refresh", "tracker"} & _document(car)["components"].keys()


def test_pairs_are_shown_where_they_are_worked_out() -> None:
    off = replace(HOUSE, pairing=PairingMode.OFF)
    assert {"car", "car_choice"} <= _document(pictures.CHARGER)["components"].keys()
    assert not {"car", "car_choice"} & _document(pictures.CHARGER, off)["components"].keys()
    assert "charger" not in _document(pictures.CAR, off)["components"]
    nobody = replace(HOUSE, cars=())
    assert "car" not in _document(pictures.CHARGER, nobody)["components"]


def test_a_schedule_stands_on_the_device_that_it_steers() -> None:
    schedules = (("a-1", " Night \n and day ", DeviceId("zoe")), ("b", "", DeviceId("zoe")))
    made = _document(pictures.CAR, replace(HOUSE, schedules=schedules))["components"]
    assert made["schedule_a_2d1"]["name"] == "Schedule Night and day"
    assert made["next_a_2d1"]["name"] == "Schedule Night and day next change"
    assert made["schedule_b"]["name"] == "Schedule b"
    assert "schedule_night" not in made
    assert "schedule_night" in _document(pictures.CHARGER)["components"]


def test_a_charger_with_one_possible_current_has_no_number() -> None:
    fixed = DeviceInfo(
        id=DeviceId("c"), kind=DeviceKind.CHARGER, name="Yard", driver="ocpp", max_current_a=6.0
    )
    assert "current_limit" not in _document(fixed)["components"]


def test_the_gateway_shows_totals_of_what_is_installed() -> None:
    made: Any = document(TOPICS, GATEWAY, None, Household(kinds=kinds_of([pictures.METER])))
    assert "grid_power" in made["components"]
    assert not {"solar_power", "battery_power", "chargers_energy"} & set(made["components"])


def test_a_component_that_is_gone_or_changed_its_platform_is_retired_first() -> None:
    made = _document(pictures.METER)
    before = {**platforms(made), "old": "sensor", "power": "number"}
    last: Any = farewell(made, before)
    assert last["components"]["old"] == {"platform": "sensor"}
    assert last["components"]["power"] == {"platform": "number"}
    assert last["components"]["frequency"] == made["components"]["frequency"]
    assert farewell(made, platforms(made)) is None
    assert farewell(made, {}) is None

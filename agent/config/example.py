"""config/hearth.example.yaml, made from the models: every setting with what it means."""

import textwrap
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from agent.config.battery import BatteryConfig
from agent.config.circuits import CircuitConfig
from agent.config.cloud import CloudConfig
from agent.config.grid import GridInputConfig, GridOperatorConfig
from agent.config.locations import LocationConfig
from agent.config.models import (
    ApiConfig,
    ChargerSettings,
    HouseConfig,
    Settings,
    StoreConfig,
)
from agent.config.mqtt import MqttConfig
from agent.config.pairing import PairingConfig
from agent.config.price_source import SourceConfig
from agent.config.schedules import RuleConfig, ScheduleConfig
from agent.config.smart import ChargerSmartConfig, SmartConfig, VehicleSettings
from agent.config.solar import PlaneConfig, SolarConfig
from agent.config.tariff import (
    ChangeConfig,
    ExportConfig,
    FeeConfig,
    PeakConfig,
    PriceConfig,
    StepConfig,
    TariffConfig,
)
from drivers.modbus.config import ModbusConfig
from drivers.mqtt_config import BrokerConfig
from drivers.ocpp.config import OcppConfig
from drivers.vehicles.config import CommandConfig, FieldConfig, RefreshConfig

WIDTH = 92

_INTRO = """\
# yaml-language-server: $schema=hearth.schema.json
#
# All settings of Hearth. Copy this file to /etc/hearth/hearth.yaml and change it to your house;
# `hearth check` tells what is wrong with it. A line that begins with # is left out, and what it
# shows is the default or an example: delete the # (and nothing else) to use it.
#
# Values are read as they are typed: off is the word off, and 010 is ten. The unit of a number
# stands at the end of its name (_a ampere, _w watts, _s seconds), the value is the bare number.
# Relative paths are seen from this file's folder.
#
# Any setting may come from the environment instead: HEARTH_HOUSE__FUSE_A=25. Passwords should:
# HEARTH_MQTT__PASSWORD, HEARTH_CHARGERS__GARAGE__PASSWORD, or the systemd credentials
# mqtt__password and chargers__garage__password. They win over this file.
"""

_SHOWN: Mapping[str, Any] = MappingProxyType(
    {
        "identity": "CP0815",
        "driver": "victron_gx",
        "host": "192.168.1.41",
        "port": 502,
        "unit": 100,
        "units": {"battery": 225},
        "poll_s": 5,
        "timeout_s": 5,
        "parts": ["inverter", "battery"],
        "max_power_w": 10000,
        "heartbeat_s": 60,
        "password": "secret",
        "tls_certificate": "/etc/hearth/hearth.pem",
        "tls_key": "/etc/hearth/hearth.key",
        "serial": "/dev/serial/by-id/usb-FTDI_FT232R_A50285BI-if00-port0",
        "baudrate": 9600,
        "parity": "N",
    }
)
_ALWAYS = frozenset({"house.grid_meter"})
_CABLE = ("serial", "baudrate", "parity")


def text() -> str:
    """The example as the file has it."""
    return "\n".join([_INTRO, *_lines()]) + "\n"


def _lines() -> Iterator[str]:
    of = Settings.model_fields
    yield from _group("house", of["house"], HouseConfig)
    yield from _head("chargers", of["chargers"])
    yield from _entry("garage", ChargerSettings, {"name": "Garage"}, without=("smart",))
    yield "  #garden:  # a second socket of the same box"
    yield "    #identity: CP0815"
    yield "    #connector: 2"
    yield "    #password: secret"
    yield from _inside("smart", ChargerSettings.model_fields["smart"], ChargerSmartConfig)
    yield ""
    yield from _head("devices", of["devices"])
    yield "  grid:"
    yield "    driver: eastron_sdm630"
    yield "    host: 192.168.1.40"
    yield ""
    yield from _entry("roof", ModbusConfig, {"name": "Roof"}, without=_CABLE)
    yield "  #cellar:  # a device on a serial cable"
    yield "    #driver: eastron_sdm630"
    yield "    #unit: 2"
    for key in _CABLE:
        yield from _setting(key, ModbusConfig.model_fields[key], "    ", "devices.cellar")
    yield ""
    yield from _vehicles(of["vehicles"])
    yield from _schedules(of["schedules"])
    yield from _locations(of["locations"])
    yield from _group("battery", of["battery"], BatteryConfig, optional=True)
    yield from _circuits(of["circuits"])
    yield from _grid_operator(of["grid_operator"])
    yield from _solar(of["solar"])
    yield from _tariff(of["tariff"])
    yield from _group("mqtt", of["mqtt"], MqttConfig, optional=True)
    yield from _group("cloud", of["cloud"], CloudConfig, optional=True)
    yield from _group("pairing", of["pairing"], PairingConfig)
    yield from _group("ocpp", of["ocpp"], OcppConfig)
    yield from _group("store", of["store"], StoreConfig)
    yield from _group("api", of["api"], ApiConfig)
    yield from _setting("maps_folder", of["maps_folder"], "", "")
    yield from _setting("log_level", of["log_level"], "", "")


def _vehicles(field: FieldInfo) -> Iterator[str]:
    """Three cars that together have every setting; none of them is in every house."""
    of = VehicleSettings.model_fields
    yield from _wrapped(field.description or "", "")
    yield "#vehicles:"
    yield "  #tesla:"
    for key, each in of.items():
        if key == "broker":
            yield from _inside(key, each, BrokerConfig)
        elif key == "smart":
            yield from _inside(key, each, SmartConfig)
        elif key not in _OF_OTHER_SOURCES:
            yield from _setting(key, each, "    ", "vehicles", optional=True, shown=_CARDS)
    yield "  #zoe:  # any gateway that speaks MQTT"
    yield "    #source: mqtt"
    yield from _setting("alive_within_s", of["alive_within_s"], "    ", "vehicles", optional=True)
    yield from _inside("command", of["command"], CommandConfig)
    yield from _inside("refresh", of["refresh"], RefreshConfig)
    yield from _wrapped(of["fields"].description or "", "    ")
    yield "    #fields:"
    yield from _mapped("soc_percent", "topic", "path", "at_path")
    yield from _mapped("power_w", "unit", "factor")
    yield "        #topic: car/power"
    yield from _mapped("plugged_in", "values")
    yield "        #topic: car/plug"
    yield "  #ioniq:  # a car that Home Assistant knows"
    yield "    #source: statestream"
    yield "    #topic: hass"
    yield "    #fields:"
    yield from _mapped("soc_percent", "entity")
    yield from _mapped("latitude_deg", "attribute")
    yield "        #entity: device_tracker.ioniq_location"
    yield "      #longitude_deg:"
    yield "        #attribute: longitude"
    yield "        #entity: device_tracker.ioniq_location"
    yield ""


_CARDS: Mapping[str, Any] = MappingProxyType({"id_tokens": "[04A2B3C4D5]"})
_OF_OTHER_SOURCES = ("alive_within_s", "command", "refresh", "fields")


def _schedules(field: FieldInfo) -> Iterator[str]:
    """One for a charger with every setting, and one for a car."""
    of = ScheduleConfig.model_fields
    yield from _wrapped(field.description or "", "")
    yield "#schedules:"
    yield "  #night:"
    for key, each in of.items():
        if key not in ("vehicle", "rules"):
            yield from _setting(key, each, "    ", "schedules", optional=True)
    yield from _wrapped(of["rules"].description or "", "    ")
    yield "    #rules:"
    yield "      #cheap_hours:"
    for key, each in RuleConfig.model_fields.items():
        yield from _setting(key, each, "        ", "rules", optional=True)
    yield "  #weekend:"
    yield from _setting("vehicle", of["vehicle"], "    ", "schedules", optional=True)
    yield "    #rules:"
    yield "      #noon:"
    yield "        #from: 11:00"
    yield "        #to: 15:00"
    yield "        #weekdays: [sat, sun]"
    yield ""


def _locations(field: FieldInfo) -> Iterator[str]:
    yield from _wrapped(field.description or "", "")
    yield "#locations:"
    yield "  #cabin:"
    for key, each in LocationConfig.model_fields.items():
        yield from _setting(key, each, "    ", "locations", optional=True, shown=_AWAY)
    yield ""


def _circuits(field: FieldInfo) -> Iterator[str]:
    yield from _wrapped(field.description or "", "")
    yield "#circuits:"
    yield "  #outbuilding:"
    of = CircuitConfig.model_fields
    for key, each in of.items():
        if key not in ("fed_by", "meter"):
            yield from _setting(key, each, "    ", "circuits", optional=True, shown=_AWAY)
    yield "  #workshop:  # behind it, with a meter of its own"
    yield "    #breaker_a: 16"
    for key in ("fed_by", "meter"):
        yield from _setting(key, of[key], "    ", "circuits", optional=True)
    yield ""


def _grid_operator(field: FieldInfo) -> Iterator[str]:
    """A contact, a topic and a file that together have every setting."""
    of, each = GridOperatorConfig.model_fields, GridInputConfig.model_fields
    yield from _wrapped(field.description or "", "")
    yield "#grid_operator:"
    for key in ("rule", "limit_each_w"):
        yield from _setting(key, of[key], "  ", "grid_operator", optional=True)
    yield from _wrapped(of["inputs"].description or "", "  ")
    yield "  #inputs:"
    yield "    #relay:  # a contact of an input module"
    yield from _wrapped(each["source"].description or "", "      ")
    yield "      #source: modbus"
    modbus = ("host", "port", "unit", "table", "address", "inverted", "limit_w", "poll_s")
    for key in (*modbus, "lost_after_s", "when_lost"):
        yield from _setting(key, each[key], "      ", "inputs", optional=True)
    yield "    #box:  # a control box that tells its limit in kilowatts"
    yield "      #source: mqtt"
    yield from _setting("topic", each["topic"], "      ", "inputs", optional=True)
    yield from _wrapped(each["value"].description or "", "      ")
    yield "      #value: power_w"
    yield from _wrapped(each["factor"].description or "", "      ")
    yield "      #factor: 1000"
    yield from _setting("counts", each["counts"], "      ", "inputs", optional=True)
    yield "    #meter_box:  # a register"
    yield "      #source: modbus"
    yield "      #host: 192.168.1.61"
    yield "      #table: holding"
    yield "      #address: 40"
    yield from _setting("type", each["type"], "      ", "inputs", optional=True)
    yield "    #pin:  # a contact at the gateway itself"
    yield "      #source: file"
    yield from _setting("path", each["path"], "      ", "inputs", optional=True)
    yield ""


def _solar(field: FieldInfo) -> Iterator[str]:
    yield from _wrapped(field.description or "", "")
    yield "#solar:"
    for key, each in SolarConfig.model_fields.items():
        if key != "planes":
            yield from _setting(key, each, "  ", "solar", optional=True)
            continue
        yield from _wrapped(each.description or "", "  ")
        yield "  #planes:"
        yield "    #south_roof:"
        for name, of_plane in PlaneConfig.model_fields.items():
            yield from _setting(name, of_plane, "      ", "planes", optional=True)
    yield ""


def _tariff(field: FieldInfo) -> Iterator[str]:
    """A dynamic contract with all parts, each kind of source once."""
    of = TariffConfig.model_fields
    yield from _wrapped(field.description or "", "")
    yield "#tariff:"
    for key, each in of.items():
        yield from _tariff_part(key, each)
    yield ""


_NAMED: Mapping[str, tuple[str, type[BaseModel]]] = MappingProxyType(
    {
        "grid_fees": ("low", FeeConfig),
        "changes": ("next_year", ChangeConfig),
        "prices": ("night", PriceConfig),
    }
)


def _tariff_part(key: str, field: FieldInfo) -> Iterator[str]:
    if key not in {"sources", "export", "peak", *_NAMED}:
        yield from _setting(key, field, "  ", "tariff", optional=True)
        return
    yield from _wrapped(field.description or "", "  ")
    yield f"  #{key}:"
    if key == "sources":
        yield from _sources()
    elif key == "export":
        yield from _below(ExportConfig, "    ", {"kind": "spot"}, without=("per_kwh",))
        yield from _wrapped(ExportConfig.model_fields["per_kwh"].description or "", "    ")
        yield "    # per_kwh: 0.0786"
    elif key == "peak":
        yield from _below(PeakConfig, "    ", {}, without=("steps",))
        yield from _wrapped(PeakConfig.model_fields["steps"].description or "", "    ")
        yield "    #steps:"
        yield "      #small:"
        yield from _below(StepConfig, "        ", {})
        yield "      #large:"
        yield "        #per_month: 495"
    else:
        name, model = _NAMED[key]
        yield f"    #{name}:"
        yield from _below(model, "      ", _DAYS)


_DAYS: Mapping[str, Any] = MappingProxyType({"since": '"2027-01-01"', "until": '"2028-01-01"'})
"""Other readers of YAML take a bare date for more than a text."""


def _sources() -> Iterator[str]:
    """Sources that together have every setting; one is enough for a house."""
    of = SourceConfig.model_fields
    yield "    #spot:"
    for key in ("kind", "zone"):
        yield from _setting(key, of[key], "      ", "sources", optional=True)
    yield "    #nordpool_of_home_assistant:"
    yield "      #kind: nordpool"
    for key in ("contract", "token", "url"):
        yield from _setting(key, of[key], "      ", "sources", optional=True)
    yield "      #zone: DE-LU"
    yield "    #sensor_of_home_assistant:"
    yield "      #kind: home-assistant"
    yield from _setting("entity", of["entity"], "      ", "sources", optional=True)
    yield "      #token: secret"
    yield "      #url: http://192.168.1.10:8123"
    yield "    #broker:"
    yield "      #kind: mqtt"
    yield from _setting("topics", of["topics"], "      ", "sources", optional=True)
    yield "    #market_table:"
    yield "      #kind: table"
    told = ("kind", "zone", "contract", "token", "url", "entity", "topics")
    for key, field in of.items():
        if key not in told:
            yield from _setting(key, field, "      ", "sources", optional=True)


def _below(
    model: type[BaseModel], indent: str, shown: Mapping[str, Any], without: tuple[str, ...] = ()
) -> Iterator[str]:
    for key, field in model.model_fields.items():
        if key not in without:
            yield from _setting(key, field, indent, key, optional=True, shown=shown)


_AWAY: Mapping[str, Any] = MappingProxyType({"chargers": ["garden"]})


def _inside(key: str, field: FieldInfo, model: type[BaseModel]) -> Iterator[str]:
    yield from _wrapped(field.description or "", "    ")
    yield f"    #{key}:"
    for name, each in model.model_fields.items():
        yield from _setting(name, each, "      ", key, optional=True)


def _mapped(name: str, *keys: str) -> Iterator[str]:
    yield f"      #{name}:"
    for key in keys:
        yield from _setting(key, FieldConfig.model_fields[key], "        ", name, optional=True)


def _head(key: str, field: FieldInfo) -> Iterator[str]:
    yield from _wrapped(field.description or "", "")
    yield f"{key}:"


def _group(
    key: str, field: FieldInfo, model: type[BaseModel], *, optional: bool = False
) -> Iterator[str]:
    yield from _wrapped(field.description or "", "")
    yield f"#{key}:" if optional else f"{key}:"
    for name, each in model.model_fields.items():
        yield from _setting(name, each, "  ", key, optional=optional)
    yield ""


def _entry(
    name: str, model: type[BaseModel], shown: Mapping[str, Any], without: tuple[str, ...] = ()
) -> Iterator[str]:
    yield f"  {name}:"
    for key, field in model.model_fields.items():
        if key not in without:
            yield from _setting(key, field, "    ", name, shown=shown)
    yield ""


def _setting(
    key: str,
    field: FieldInfo,
    indent: str,
    group: str,
    *,
    optional: bool = False,
    shown: Mapping[str, Any] = MappingProxyType({}),
) -> Iterator[str]:
    yield from _wrapped(field.description or "", indent)
    optional = optional or not (field.is_required() or f"{group}.{key}" in _ALWAYS or key == "host")
    yield f"{indent}{'#' if optional else ''}{key}: {_yaml(shown.get(key) or _value(key, field))}"


def _value(key: str, field: FieldInfo) -> Any:
    if field.default is not None and not field.is_required() and field.default_factory is None:
        return field.default
    return field.examples[0] if field.examples else _SHOWN[key]


def _wrapped(description: str, indent: str) -> Iterator[str]:
    for line in textwrap.wrap(description, WIDTH - len(indent)):
        yield f"{indent}# {line}"


def _yaml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case Enum():
            return str(value.value)
        case float():
            return f"{value:g}"
        case list() | tuple():
            return f"[{', '.join(map(str, value))}]"
        case dict():
            return "{" + ", ".join(f"{key}: {each}" for key, each in value.items()) + "}"
        case Path():
            return str(value)
    return str(value)

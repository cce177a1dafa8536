"""config/hearth.example.yaml, made from the models: every setting with what it means."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from pydantic.fields import FieldInfo

from agent.config.battery import BatteryConfig
from agent.config.charger import ChargerSettings
from agent.config.circuits import CircuitConfig
from agent.config.cloud import CloudConfig
from agent.config.example_lines import entry, group, head, inside, setting, wrapped
from agent.config.example_tariff import tariff
from agent.config.grid import GridInputConfig, GridOperatorConfig
from agent.config.house import HouseConfig
from agent.config.locations import LocationConfig
from agent.config.models import ApiConfig, Settings, StoreConfig
from agent.config.mqtt import MqttConfig
from agent.config.pairing import PairingConfig
from agent.config.schedules import RuleConfig, ScheduleConfig
from agent.config.smart import ChargerSmartConfig, SmartConfig, VehicleSettings
from agent.config.solar import PlaneConfig, SolarConfig
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

_CABLE = ("serial", "baudrate", "parity")


def text() -> str:
    """The example as the file has it."""
    return "\n".join([_INTRO, *_lines()]) + "\n"


def _lines() -> Iterator[str]:
    of = Settings.model_fields
    yield from group("house", of["house"], HouseConfig)
    yield from head("chargers", of["chargers"])
    yield from entry("garage", ChargerSettings, {"name": "Garage"}, without=("smart",))
    yield "  #garden:  # a second socket of the same box"
    yield "    #identity: CP0815"
    yield "    #connector: 2"
    yield "    #password: secret"
    yield from inside("smart", ChargerSettings.model_fields["smart"], ChargerSmartConfig)
    yield ""
    yield from head("devices", of["devices"])
    yield "  grid:"
    yield "    driver: eastron_sdm630"
    yield "    host: 192.168.1.40"
    yield ""
    yield from entry("roof", ModbusConfig, {"name": "Roof"}, without=_CABLE)
    yield "  #cellar:  # a device on a serial cable"
    yield "    #driver: eastron_sdm630"
    yield "    #unit: 2"
    for key in _CABLE:
        yield from setting(key, ModbusConfig.model_fields[key], "    ", "devices.cellar")
    yield ""
    yield from _vehicles(of["vehicles"])
    yield from _schedules(of["schedules"])
    yield from _locations(of["locations"])
    yield from group("battery", of["battery"], BatteryConfig, optional=True)
    yield from _circuits(of["circuits"])
    yield from _grid_operator(of["grid_operator"])
    yield from _solar(of["solar"])
    yield from tariff(of["tariff"])
    yield from group("mqtt", of["mqtt"], MqttConfig, optional=True)
    yield from group("cloud", of["cloud"], CloudConfig, optional=True)
    yield from group("pairing", of["pairing"], PairingConfig)
    yield from group("ocpp", of["ocpp"], OcppConfig)
    yield from group("store", of["store"], StoreConfig)
    yield from group("api", of["api"], ApiConfig)
    yield from setting("maps_folder", of["maps_folder"], "", "")
    yield from setting("log_level", of["log_level"], "", "")


def _vehicles(field: FieldInfo) -> Iterator[str]:
    """Three cars that together have every setting; none of them is in every house."""
    of = VehicleSettings.model_fields
    yield from wrapped(field.description or "", "")
    yield "#vehicles:"
    yield "  #tesla:"
    for key, each in of.items():
        if key == "broker":
            yield from inside(key, each, BrokerConfig)
        elif key == "smart":
            yield from inside(key, each, SmartConfig)
        elif key not in _OF_OTHER_SOURCES:
            yield from setting(key, each, "    ", "vehicles", optional=True, shown=_CARDS)
    yield "  #zoe:  # any gateway that speaks MQTT"
    yield "    #source: mqtt"
    yield from setting("alive_within_s", of["alive_within_s"], "    ", "vehicles", optional=True)
    yield from inside("command", of["command"], CommandConfig)
    yield from inside("refresh", of["refresh"], RefreshConfig)
    yield from wrapped(of["fields"].description or "", "    ")
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
    yield from wrapped(field.description or "", "")
    yield "#schedules:"
    yield "  #night:"
    for key, each in of.items():
        if key not in ("vehicle", "rules"):
            yield from setting(key, each, "    ", "schedules", optional=True)
    yield from wrapped(of["rules"].description or "", "    ")
    yield "    #rules:"
    yield "      #cheap_hours:"
    for key, each in RuleConfig.model_fields.items():
        yield from setting(key, each, "        ", "rules", optional=True)
    yield "  #weekend:"
    yield from setting("vehicle", of["vehicle"], "    ", "schedules", optional=True)
    yield "    #rules:"
    yield "      #noon:"
    yield "        #from: 11:00"
    yield "        #to: 15:00"
    yield "        #weekdays: [sat, sun]"
    yield ""


def _locations(field: FieldInfo) -> Iterator[str]:
    yield from wrapped(field.description or "", "")
    yield "#locations:"
    yield "  #cabin:"
    for key, each in LocationConfig.model_fields.items():
        yield from setting(key, each, "    ", "locations", optional=True, shown=_AWAY)
    yield ""


def _circuits(field: FieldInfo) -> Iterator[str]:
    yield from wrapped(field.description or "", "")
    yield "#circuits:"
    yield "  #outbuilding:"
    of = CircuitConfig.model_fields
    for key, each in of.items():
        if key not in ("fed_by", "meter"):
            yield from setting(key, each, "    ", "circuits", optional=True, shown=_AWAY)
    yield "  #workshop:  # behind it, with a meter of its own"
    yield "    #breaker_a: 16"
    for key in ("fed_by", "meter"):
        yield from setting(key, of[key], "    ", "circuits", optional=True)
    yield ""


def _grid_operator(field: FieldInfo) -> Iterator[str]:
    """A contact, a topic and a file that together have every setting."""
    of, each = GridOperatorConfig.model_fields, GridInputConfig.model_fields
    yield from wrapped(field.description or "", "")
    yield "#grid_operator:"
    for key in ("rule", "limit_each_w"):
        yield from setting(key, of[key], "  ", "grid_operator", optional=True)
    yield from wrapped(of["inputs"].description or "", "  ")
    yield "  #inputs:"
    yield "    #relay:  # a contact of an input module"
    yield from wrapped(each["source"].description or "", "      ")
    yield "      #source: modbus"
    modbus = ("host", "port", "unit", "table", "address", "inverted", "limit_w", "poll_s")
    for key in (*modbus, "lost_after_s", "when_lost"):
        yield from setting(key, each[key], "      ", "inputs", optional=True)
    yield "    #box:  # a control box that tells its limit in kilowatts"
    yield "      #source: mqtt"
    yield from setting("topic", each["topic"], "      ", "inputs", optional=True)
    yield from wrapped(each["value"].description or "", "      ")
    yield "      #value: power_w"
    yield from wrapped(each["factor"].description or "", "      ")
    yield "      #factor: 1000"
    yield from setting("counts", each["counts"], "      ", "inputs", optional=True)
    yield "    #meter_box:  # a register"
    yield "      #source: modbus"
    yield "      #host: 192.168.1.61"
    yield "      #table: holding"
    yield "      #address: 40"
    yield from setting("type", each["type"], "      ", "inputs", optional=True)
    yield "    #pin:  # a contact at the gateway itself"
    yield "      #source: file"
    yield from setting("path", each["path"], "      ", "inputs", optional=True)
    yield ""


def _solar(field: FieldInfo) -> Iterator[str]:
    yield from wrapped(field.description or "", "")
    yield "#solar:"
    for key, each in SolarConfig.model_fields.items():
        if key != "planes":
            yield from setting(key, each, "  ", "solar", optional=True)
            continue
        yield from wrapped(each.description or "", "  ")
        yield "  #planes:"
        yield "    #south_roof:"
        for name, of_plane in PlaneConfig.model_fields.items():
            yield from setting(name, of_plane, "      ", "planes", optional=True)
    yield ""


_AWAY: Mapping[str, Any] = MappingProxyType({"chargers": ["garden"]})


def _mapped(name: str, *keys: str) -> Iterator[str]:
    yield f"      #{name}:"
    for key in keys:
        yield from setting(key, FieldConfig.model_fields[key], "        ", name, optional=True)

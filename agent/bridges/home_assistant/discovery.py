"""The device's own description, as Home Assistant's MQTT device discovery (2024.11 on) reads it.

Full key names and no key newer than 2024.11: an unknown key at the top, in `device` or in
`origin` loses the whole device (measured with 2024.11, 2026.2 and 2026.11). Each component
stands for itself and inherits nothing.
"""

from collections.abc import Mapping
from typing import Final

from agent import __version__
from agent.bridges.home_assistant.entity import STATELESS, Entity, Household, Needs, Platform
from agent.bridges.home_assistant.tables import rows_of
from agent.bridges.home_assistant.topics import Topics
from agent.model.driver import DeviceInfo
from agent.model.readings import DeviceKind, Reading

Document = dict[str, object]

ORIGIN: Final = {"name": "Hearth", "sw_version": __version__}


def document(
    topics: Topics, info: DeviceInfo, reading: Reading | None, house: Household
) -> Document:
    """All there is to say of one device; the same input gives the same document."""
    return {
        "device": _device(topics, info, reading),
        "origin": ORIGIN,
        "components": {row.key: _component(topics, info, row) for row in rows_of(info, house)},
    }


def platforms(described: Document) -> dict[str, str]:
    """Component -> platform, to be remembered until the component is retired."""
    components = described["components"]
    if not isinstance(components, Mapping):
        return {}
    return {key: str(component["platform"]) for key, component in components.items()}


def farewell(described: Document, before: Mapping[str, str]) -> Document | None:
    """Return the document that retires components which exist no more, None if there are none.

    Leaving a component out does not remove it while Home Assistant runs, nor does a changed
    platform; it wants to see the component once with nothing but its old platform (measured).

    Args:
        before: component -> platform as last published.
    """
    now = platforms(described)
    retired = {key: {"platform": old} for key, old in before.items() if now.get(key) != old}
    components = described["components"]
    if not retired or not isinstance(components, Mapping):
        return None
    return {**described, "components": {**components, **retired}}


def _device(topics: Topics, info: DeviceInfo, reading: Reading | None) -> Document:
    device: Document = {
        "identifiers": [topics.device_identifier(info)],
        "name": info.name,
    }
    if info.kind is DeviceKind.LINK:
        return device | {"manufacturer": "Hearth", "model": "Hearth", "sw_version": __version__}
    known = {
        "manufacturer": reading and reading.vendor,
        "model": reading and (reading.model or _type(info)),
        "serial_number": reading and reading.serial_number,
        "sw_version": reading and reading.firmware,
    }
    device |= {key: value for key, value in known.items() if value}
    return device | {"via_device": topics.identifier}


def _type(info: DeviceInfo) -> str | None:
    """The driver's name says what a Modbus device is; of others only how we hear of them."""
    return None if info.kind in (DeviceKind.CHARGER, DeviceKind.VEHICLE) else info.driver


def _component(topics: Topics, info: DeviceInfo, row: Entity) -> Document:
    component: Document = {
        "platform": row.platform.value,
        "unique_id": topics.unique_id(info, row.key),
        "name": row.name,
        "qos": 1,
    }
    component |= _traits(row) | _state(topics, info, row) | _availability(topics, info, row)
    if row.options is not None:
        component["options"] = list(row.options(info))
    if row.span is not None:
        span = row.span(info)
        component |= {"min": span.low, "max": span.high, "step": span.step, "mode": "box"}
    if row.command is not None:
        component["command_topic"] = topics.command(info, row.key)
    if row.expires and topics.broker.expire_after_s is not None:
        component["expire_after"] = max(1, round(topics.broker.expire_after_s))
    return component


def _traits(row: Entity) -> Document:
    traits: Document = {
        "device_class": row.device_class,
        "unit_of_measurement": row.unit,
        "state_class": row.state_class,
        "entity_category": row.category,
        "suggested_display_precision": row.precision,
        "enabled_by_default": None if row.enabled else False,
    }
    return {key: value for key, value in traits.items() if value is not None}


def _state(topics: Topics, info: DeviceInfo, row: Entity) -> Document:
    if row.needs is Needs.NOTHING:
        return {"state_topic": topics.alive, "payload_on": "online", "payload_off": "offline"}
    if row.counter:
        return {"state_topic": topics.value(info, row.key)}
    state: Document = {}
    if row.platform not in STATELESS:
        state["state_topic"] = topics.state(info)
        state["value_template"] = f"{{{{ value_json.{row.key} }}}}"
    if row.last_reset is not None:
        state["last_reset_value_template"] = f"{{{{ value_json.{row.key}_since or '' }}}}"
    if row.attributes is not None:
        state["json_attributes_topic"] = topics.state(info)
        state["json_attributes_template"] = f"{{{{ value_json.{row.key}_details | tojson }}}}"
    if row.platform is Platform.SWITCH:
        state |= {"payload_on": "ON", "payload_off": "OFF", "state_on": "ON", "state_off": "OFF"}
    if row.platform is Platform.BINARY_SENSOR:
        state |= {"payload_on": "ON", "payload_off": "OFF"}
    return state


def _availability(topics: Topics, info: DeviceInfo, row: Entity) -> Document:
    if row.needs is Needs.NOTHING:
        return {}
    needed = [{"topic": topics.alive}]
    if row.needs is Needs.DEVICE:
        needed.append({"topic": topics.availability(info)})
    return {"availability": needed, "availability_mode": "all"}

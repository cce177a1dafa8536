"""Makers of the rows that all kinds of devices have, so that a class always has its unit."""

from collections.abc import Mapping
from typing import Final

from agent.bridges import wire
from agent.bridges.home_assistant.entity import (
    BadCommand,
    Entity,
    Household,
    Needs,
    Platform,
    Value,
    ValueOf,
    View,
)
from agent.bridges.home_assistant.presence import problem
from agent.model.actions import ActionKind, ActionState, FailureType
from agent.model.driver import DeviceInfo
from agent.model.intents import ChargeCommand, EndOverride, Intent, StartOverride
from agent.model.pairs import PairingMode
from agent.model.readings import DeviceKind, PowerDelivery

DELIVERY_WORDS: Final[Mapping[PowerDelivery, str]] = {
    state: state.value.rpartition(":")[2].lower()
    for state in PowerDelivery
    if state is not PowerDelivery.UNKNOWN
}
"""What an enum sensor shows of a plug."""


def on_off(state: bool | None) -> Value:  # noqa: FBT001
    return None if state is None else "ON" if state else "OFF"


def switched(payload: str) -> bool:
    """
    Raises:
        BadCommand: it is neither ON nor OFF.
    """
    if payload.upper() not in ("ON", "OFF"):
        raise BadCommand("send ON or OFF")
    return payload.upper() == "ON"


def charge(view: View, payload: str) -> Intent:
    return ChargeCommand(device=view.info.id, charging=switched(payload))


def can_be_told(info: DeviceInfo, house: Household) -> bool:
    """Whether a car could ever be told to charge: by itself, or by a charger of the house."""
    if info.kind is not DeviceKind.VEHICLE:
        return True
    paired = house.pairing is PairingMode.FULL and DeviceKind.CHARGER in house.kinds
    return info.startable or paired


def measured(name: str, digits: int, *, sign: float = 1.0, valid_for_s: float = 0.0) -> ValueOf:
    """A figure that is true now.

    Args:
        sign: -1 where Home Assistant counts the other way round.
        valid_for_s: believed at least for so long after it was said.
    """

    def value(view: View) -> Value:
        figure = view.fresh(name, valid_for_s)
        return wire.number(None if figure is None else sign * figure, digits)

    return value


def said(name: str) -> ValueOf:
    """Words that a device said once and that stay true."""

    def value(view: View) -> Value:
        word = view.last(name)
        return wire.short_text(str(word)) if word is not None and word != "" else None

    return value


def watts(key: str, name: str, value: ValueOf, *, enabled: bool = True) -> Entity:
    return _measurement(key, name, value, "power", "W", 0, enabled=enabled)


def amps(key: str, name: str, value: ValueOf) -> Entity:
    return _measurement(key, name, value, "current", "A", 1, enabled=False)


def volts(key: str, name: str, value: ValueOf) -> Entity:
    return _measurement(key, name, value, "voltage", "V", 0, enabled=False)


def hertz(key: str, name: str, value: ValueOf) -> Entity:
    return _measurement(
        key, name, value, "frequency", "Hz", 2, enabled=False, category="diagnostic"
    )


def celsius(key: str, name: str, value: ValueOf) -> Entity:
    return _measurement(
        key, name, value, "temperature", "°C", 1, enabled=False, category="diagnostic"
    )


def percent(key: str, name: str, value: ValueOf, *, enabled: bool = True) -> Entity:
    return _measurement(key, name, value, "battery", "%", 0, enabled=enabled)


def _measurement(
    key: str,
    name: str,
    value: ValueOf,
    device_class: str,
    unit: str,
    precision: int,
    *,
    enabled: bool,
    category: str | None = None,
) -> Entity:
    return Entity(
        platform=Platform.SENSOR,
        key=key,
        name=name,
        value=value,
        device_class=device_class,
        unit=unit,
        state_class="measurement",
        precision=precision,
        enabled=enabled,
        category=category,
        expires=True,
    )


def lifetime_kwh(key: str, name: str, field_name: str) -> Entity:
    """A counter fit for the Energy dashboard; only ever from the guarded ones on disk."""

    def value(view: View) -> Value:
        return wire.kwh(view.picture.counters_wh.get((view.info.id, field_name)))

    return counter_kwh(key, name, value)


def counter_kwh(key: str, name: str, value: ValueOf) -> Entity:
    return Entity(
        platform=Platform.SENSOR,
        key=key,
        name=name,
        value=value,
        device_class="energy",
        unit="kWh",
        state_class="total_increasing",
        precision=2,
        needs=Needs.HEARTH,
        counter=True,
    )


def diagnostic_text(key: str, name: str, value: ValueOf) -> Entity:
    return Entity(
        platform=Platform.SENSOR,
        key=key,
        name=name,
        value=value,
        category="diagnostic",
        needs=Needs.HEARTH,
        at_once=value,
    )


def _problem(view: View) -> Value:
    return wire.short_text(problem(view)) or "OK"


_DEEDS: Final[Mapping[ActionKind, str]] = {
    ActionKind.START: "Start charging",
    ActionKind.STOP: "Stop charging",
    ActionKind.SET_MAX_CURRENT: "Set current limit",
    ActionKind.SET_CHARGE_RATE_LIMIT: "Set power limit",
    ActionKind.SET_OPERATION_MODE: "Set mode",
    ActionKind.PROBE: "Find out which car this is",
}


def _last_action(view: View) -> Value:
    if view.refusal is not None:
        return wire.short_text(f"Refused: {view.refusal}")
    action = view.action
    if action is None:
        return wire.short_text(view.picture.last_failure.get(view.info.id))
    deed = _DEEDS[action.kind]
    if action.failure is not None and action.failure.type is FailureType.UNNECESSARY:
        return wire.short_text(f"{deed}: {action.failure.detail}")
    if action.failure is not None and action.state is not ActionState.CONFIRMED:
        return wire.short_text(f"{deed}: {action.state.lower()}: {action.failure.detail}")
    return f"{deed}: {action.state.lower()}"


def _reason_sentence(view: View) -> Value:
    return None if view.reason is None else wire.short_text(view.reason.sentence)


def _reason_details(view: View) -> Value:
    if view.reason is None:
        return {}
    changes_at = wire.instant(view.reason.changes_at)
    return {"code": view.reason.code.value, "changes_at": changes_at, **view.reason.inputs}


PROBLEM: Final = diagnostic_text("problem", "Problem", _problem)
LAST_ACTION: Final = diagnostic_text("last_action", "Last action", _last_action)
REASON: Final = Entity(
    platform=Platform.SENSOR,
    key="reason",
    name="Reason",
    value=_reason_sentence,
    needs=Needs.HEARTH,
    at_once=_reason_sentence,
    attributes=_reason_details,
)


def _charges_now(view: View) -> Value:
    return on_off(view.info.id in view.picture.overrides)


def _charge_now(view: View, payload: str) -> Intent | None:
    if switched(payload):
        return StartOverride(device=view.info.id)
    # Nothing to end: an automation may well say so twice.
    return EndOverride(device=view.info.id) if view.info.id in view.picture.overrides else None


CHARGE_NOW: Final = Entity(
    platform=Platform.SWITCH,
    key="charge_now",
    name="Charge now",
    value=_charges_now,
    at_once=_charges_now,
    needs=Needs.HEARTH,
    shown=can_be_told,
    command=_charge_now,
)

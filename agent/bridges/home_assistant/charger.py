"""What Home Assistant shows of a charger, and what it may ask of one."""

import math
from typing import Final

from agent.bridges import wire
from agent.bridges.home_assistant.entity import (
    BadCommand,
    Entity,
    Household,
    Needs,
    Platform,
    Span,
    Value,
    View,
)
from agent.bridges.home_assistant.rows import (
    CHARGE_NOW,
    DELIVERY_WORDS,
    LAST_ACTION,
    PROBLEM,
    REASON,
    amps,
    charge,
    diagnostic_text,
    lifetime_kwh,
    measured,
    on_off,
    said,
    volts,
    watts,
)
from agent.model.driver import DeviceInfo
from agent.model.intents import ChargerMode, CurrentLimit, Intent, ModeChoice
from agent.model.readings import ChargerReading, DeviceKind, PowerDelivery
from agent.model.snapshot import Seen
from agent.plan.flows import charger_w

_FLOWING: Final = (PowerDelivery.CHARGING, PowerDelivery.DISCHARGING)


def _delivery(view: View) -> PowerDelivery | None:
    state = view.last("power_delivery")
    if not isinstance(state, PowerDelivery) or state is PowerDelivery.UNKNOWN:
        return None
    return state


def _charging(view: View) -> Value:
    """What the charger says, never what was wished: a failed command snaps back."""
    state = _delivery(view)
    return on_off(None if state is None else state in _FLOWING)


def _plugged_in(view: View) -> Value:
    state = _delivery(view)
    return on_off(None if state is None else state.plugged_in)


def _status(view: View) -> Value:
    state = _delivery(view)
    return None if state is None else DELIVERY_WORDS[state]


def _power_w(view: View) -> Value:
    """As control sees it, so that the chargers add up to the total."""
    if view.seen is None or not isinstance(view.seen.value, ChargerReading):
        return None
    charger = Seen(view.seen.value, view.seen.said_mono_s)
    return wire.number(charger_w(charger, view.picture.now.mono_s), 0)


def _mode(view: View) -> Value:
    mode = view.picture.modes.get(view.info.id)
    return None if mode is None else mode.value


def _limit_a(view: View) -> Value:
    """Never outside of what the number may be, which Home Assistant would refuse to show."""
    span = _limit_span(view.info)
    limit_a = view.picture.limits_a.get(view.info.id, span.high)
    return wire.number(min(max(limit_a, span.low), span.high), 1)


def _applied_a(view: View) -> Value:
    """Said when it changes, so its age means nothing."""
    applied_a = view.last("max_current_a")
    return wire.number(applied_a, 1) if isinstance(applied_a, int | float) else None


def _session_kwh(view: View) -> Value:
    session = view.picture.sessions.get(view.info.id)
    return None if session is None else wire.kwh(session.energy_wh)


def _session_start(view: View) -> Value:
    session = view.picture.sessions.get(view.info.id)
    return None if session is None else wire.instant(session.plugged_in_at)


def _limit_span(info: DeviceInfo) -> Span:
    return Span(low=info.min_current_a, high=info.max_current_a, step=1.0)


def _adjustable(info: DeviceInfo, _house: Household) -> bool:
    return info.min_current_a < info.max_current_a


def _choose_mode(view: View, payload: str) -> Intent:
    try:
        return ModeChoice(device=view.info.id, mode=ChargerMode(payload.lower()))
    except ValueError:
        raise BadCommand(f"send one of {', '.join(ChargerMode)}") from None


def _limit(view: View, payload: str) -> Intent:
    span = _limit_span(view.info)
    remedy = f"send a number of A from {span.low:g} to {span.high:g}"
    try:
        limit_a = float(payload)
    except ValueError:
        raise BadCommand(remedy) from None
    if not math.isfinite(limit_a) or not span.low <= limit_a <= span.high:
        raise BadCommand(remedy)
    return CurrentLimit(device=view.info.id, max_current_a=limit_a)


def _phase(line: int) -> tuple[Entity, ...]:
    return (
        amps(f"current_l{line}", f"Current L{line}", measured(f"current_l{line}_a", 1)),
        volts(f"voltage_l{line}", f"Voltage L{line}", measured(f"voltage_l{line}_v", 1)),
    )


CHARGER: Final = (
    Entity(
        platform=Platform.SWITCH,
        key="charging",
        name="Charging",
        value=_charging,
        at_once=_charging,
        command=charge,
    ),
    CHARGE_NOW,
    Entity(
        platform=Platform.SELECT,
        key="mode",
        name="Mode",
        value=_mode,
        at_once=_mode,
        needs=Needs.HEARTH,
        options=lambda _info: tuple(mode.value for mode in ChargerMode),
        command=_choose_mode,
    ),
    Entity(
        platform=Platform.NUMBER,
        key="current_limit",
        name="Current limit",
        value=_limit_a,
        at_once=_limit_a,
        device_class="current",
        unit="A",
        needs=Needs.HEARTH,
        span=_limit_span,
        shown=_adjustable,
        command=_limit,
    ),
    Entity(
        platform=Platform.SENSOR,
        key="status",
        name="Status",
        value=_status,
        at_once=_status,
        device_class="enum",
        options=lambda _info: tuple(DELIVERY_WORDS.values()),
    ),
    Entity(
        platform=Platform.BINARY_SENSOR,
        key="plug",
        name="Plug",
        value=_plugged_in,
        at_once=_plugged_in,
        device_class="plug",
    ),
    watts("power", "Power", _power_w),
    lifetime_kwh("energy", "Energy", "energy_wh"),
    Entity(
        platform=Platform.SENSOR,
        key="session_energy",
        name="Session energy",
        value=_session_kwh,
        device_class="energy",
        unit="kWh",
        state_class="total",
        precision=2,
        needs=Needs.HEARTH,
        last_reset=_session_start,
    ),
    REASON,
    *_phase(1),
    *_phase(2),
    *_phase(3),
    amps("current_limit_applied", "Current limit applied", _applied_a),
    diagnostic_text("charger_status", "Charger status", said("status")),
    PROBLEM,
    LAST_ACTION,
)


def phase_rows(info: DeviceInfo, _house: Household) -> tuple[Entity, ...]:
    """On how many phases a charger charges; shown at once where Hearth changes that."""
    if info.kind is not DeviceKind.CHARGER or info.phases == 1:
        return ()
    value = measured("phases", 0)
    phases = Entity(
        platform=Platform.SENSOR,
        key="phases",
        name="Phases in use",
        value=value,
        at_once=value,
        enabled=info.phase_switching,
    )
    return (phases,)

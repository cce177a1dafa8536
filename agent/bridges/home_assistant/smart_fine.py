"""How a plan may charge: in how many stretches, and how long those and their pauses last at least.

Few people change that, so the entities are switched off at first.
"""

from functools import partial
from typing import Final

from agent.bridges import wire
from agent.bridges.home_assistant.entity import (
    BadCommand,
    Entity,
    Needs,
    Platform,
    Span,
    Value,
    View,
)
from agent.model.intents import Intent, SetSmartPolicy
from agent.model.smart import SmartPolicy, Windows

DAY_MIN: Final = 1440.0
STRETCHES: Final = {Windows.MULTI: "several", Windows.SINGLE: "one"}
_MINUTE_S: Final = 60.0


def policy_of(view: View) -> SmartPolicy:
    """What was asked for; one that is off where nobody has asked."""
    device = view.info
    default = SmartPolicy(target=device.id, target_kind=device.kind)
    return view.picture.policies.get(device.id, default)


def figure(payload: str, least: float, most: float) -> float:
    """
    Raises:
        BadCommand: no number, or one outside of these ends.
    """
    try:
        value = float(payload)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise BadCommand(f"send a number from {least:g} to {most:g}")
    return value


def _stretches(view: View) -> Value:
    return STRETCHES[policy_of(view).windows]


def _set_stretches(view: View, payload: str) -> Intent:
    for windows, word in STRETCHES.items():
        if payload.strip().lower() == word:
            return SetSmartPolicy(device=view.info.id, windows=windows)
    raise BadCommand(f"send one of {', '.join(STRETCHES.values())}")


def _least_on(view: View) -> Value:
    return wire.number(policy_of(view).min_on_s / _MINUTE_S, 1)


def _set_least_on(view: View, payload: str) -> Intent:
    return SetSmartPolicy(device=view.info.id, min_on_s=figure(payload, 0, DAY_MIN) * _MINUTE_S)


def _least_off(view: View) -> Value:
    return wire.number(policy_of(view).min_off_s / _MINUTE_S, 1)


def _set_least_off(view: View, payload: str) -> Intent:
    return SetSmartPolicy(device=view.info.id, min_off_s=figure(payload, 0, DAY_MIN) * _MINUTE_S)


_fine = partial(Entity, needs=Needs.HEARTH, category="config", enabled=False)
_minutes = partial(
    _fine,
    platform=Platform.NUMBER,
    device_class="duration",
    unit="min",
    span=lambda _info: Span(low=0, high=DAY_MIN, step=1),
)

FINE: Final = (
    _fine(
        platform=Platform.SELECT,
        key="smart_windows",
        name="Charging stretches",
        value=_stretches,
        at_once=_stretches,
        options=lambda _info: tuple(STRETCHES.values()),
        command=_set_stretches,
    ),
    _minutes(
        key="smart_min_on",
        name="Shortest stretch",
        value=_least_on,
        at_once=_least_on,
        command=_set_least_on,
    ),
    _minutes(
        key="smart_min_off",
        name="Shortest pause",
        value=_least_off,
        at_once=_least_off,
        command=_set_least_off,
    ),
)
"""How a plan may charge; who wants to change that switches them on."""

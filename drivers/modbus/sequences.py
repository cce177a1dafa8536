"""From a wished battery mode to the writes that bring it about, all checked before the first.

Powers are watts, + = charging in what the house says; a map's command turns them into what the
device wants.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from agent.model.driver import Refused, Unable
from agent.model.readings import BatteryMode
from drivers.modbus.expressions import parse
from drivers.modbus.model import DeviceModel, Key, Register, Step, Values, key_of, number

STOP_ABOVE_LIMIT_PERCENT = 1.0
"""Forced discharge ends this much above the limit, so that the battery never falls below it."""

HYSTERESIS_W = 100.0
HYSTERESIS_SHARE = 0.05


class ValueMissing(Refused):
    """A command needs a value of the device that nobody knows, or not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One write of a sequence.

    Args:
        register: None for a pause.
        fixed: the value is the same whatever is asked, so it tells the modes apart.
    """

    register: Register | None = None
    value: float = 0.0
    wait_s: float = 0.0
    optional: bool = False
    fixed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked of the battery, with what is known of it.

    Args:
        mode: None = it is no battery that is asked.
        power_w: >= 0; None = as hard as the device allows.
        max_power_w: the installer's rating, for a device that does not tell its own.
    """

    name: str
    mode: BatteryMode | None
    power_w: float | None
    max_power_w: float | None
    values: Values


def writes_for(
    model: DeviceModel, controls: Mapping[Key, Register], ask: Ask, *, whatever_works: bool = False
) -> tuple[Write, ...]:
    """Return the writes that bring the mode about, in order.

    Args:
        controls: the registers that this device has.
        whatever_works: leave out what cannot be done now (for giving the battery back).

    Raises:
        Refused: the device cannot do it, or a value lies outside what it takes.
    """
    commands = None if ask.mode is None else model.modes.get(ask.mode)
    if commands is None:
        can = ", ".join(model.modes) or "none"
        raise Refused(f"{ask.name} cannot do {ask.mode}; modes that can be set: {can}")
    return sequence(model, commands, controls, ask, whatever_works=whatever_works)


def sequence(
    model: DeviceModel,
    commands: Iterable[str],
    controls: Mapping[Key, Register],
    ask: Ask,
    *,
    whatever_works: bool = False,
) -> tuple[Write, ...]:
    """Return the writes of these commands, in order; see `writes_for`.

    Raises:
        Refused: the device cannot do it, or a value lies outside what it takes.
    """
    steps = (step for command in commands for step in model.commands[command].steps)
    if whatever_works:
        steps = (replace(step, optional=True) for step in steps)
    made = (_write(controls, ask, step) for step in steps)
    return tuple(write for write in made if write is not None)


def guard_problem(name: str, model: DeviceModel, values: Values) -> str:
    """Who else steers the device, in the map's words; "" if nobody does."""
    hits = (guard for guard in model.guards if values.get(guard.key) == guard.equals)
    return next((f"{name}: {guard.says}" for guard in hits), "")


def discharge_problem(name: str, values: Values) -> str:
    """Why forced discharge must not go on; "" if it may."""
    limit_percent = number(values, ("battery", "reserve_percent"))
    if limit_percent is None:
        limit_percent = number(values, ("battery", "ctl_reserve_percent"))
    soc_percent = number(values, ("battery", "soc_percent"))
    if limit_percent is None:
        return ""
    if soc_percent is None:
        return f"{name} is not discharged: its state of charge is unknown"
    if soc_percent <= limit_percent + STOP_ABOVE_LIMIT_PERCENT:
        levels = f"it is at {soc_percent:g} % and keeps {limit_percent:g} % in reserve"
        return f"{name} is not discharged: {levels}"
    return ""


def near_enough(register: Register, wanted: float, present: float) -> bool:
    """Whether writing `wanted` over `present` would change too little to be worth a write.

    Nothing is near 0, since 0 forbids what a small value allows.
    """
    apart = abs(wanted - present)
    if register.unit not in {"W", "%"} or wanted == 0 or present == 0:
        return apart <= abs(register.scale) / 2
    absolute = HYSTERESIS_W if register.unit == "W" else 0.0
    return apart <= max(absolute, HYSTERESIS_SHARE * abs(present))


def _write(controls: Mapping[Key, Register], ask: Ask, step: Step) -> Write | None:
    if step.control is None:
        return Write(wait_s=step.wait_s)
    register, value = controls.get(step.control), _value(ask, step)
    if register is None or value is None:
        if step.optional:
            return None
        kind = Unable if register is None else ValueMissing
        raise kind(_missing(ask, step, register))
    _check_range(ask, register, value)
    fixed = isinstance(step.value, float)
    return Write(register=register, value=value, optional=step.optional, fixed=fixed)


def _missing(ask: Ask, step: Step, register: Register | None) -> str:
    control = ".".join(step.control or ())
    what = f"{ask.name} cannot " + (f"do {ask.mode}" if ask.mode else "be turned down")
    if register is None:
        return f"{what}: this device has no {control}"
    return (
        f"{what} yet: {step.value} for {control} is unknown; wait for the device to answer, or set"
        " max_power_w of it"
    )


def _value(ask: Ask, step: Step) -> float | None:
    if not isinstance(step.value, str):
        return step.value
    words, role = _words(ask), (step.control or ("battery",))[0]

    def lookup(name: str) -> float | None:
        return words[name] if name in words else number(ask.values, key_of(name, role))

    return parse(step.value).value(lookup)


def _words(ask: Ask) -> Mapping[str, float | None]:
    if ask.mode is None:
        return _of_rating(ask)
    charge_w = number(ask.values, ("battery", "max_charge_power_w")) or ask.max_power_w
    discharge_w = number(ask.values, ("battery", "max_discharge_power_w"))
    discharge_w = discharge_w or ask.max_power_w or charge_w
    most_w = discharge_w if ask.mode is BatteryMode.EXPORT_FOCUS else charge_w
    known = [power_w for power_w in (ask.power_w, most_w) if power_w is not None]
    power_w = min(known) if known else None
    rate = 100 * power_w / most_w if most_w and power_w is not None else None
    return {
        "value": power_w,
        "max": most_w,
        "max_charge": charge_w,
        "max_discharge": discharge_w,
        "rate": rate,
    }


def _of_rating(ask: Ask) -> Mapping[str, float | None]:
    most_w, power_w = ask.max_power_w, ask.power_w
    known = [each for each in (power_w, most_w) if each is not None]
    rate = 100 * min(known) / most_w if most_w and known else None
    return {"value": min(known, default=None), "max": most_w, "rate": rate}


def _check_range(ask: Ask, register: Register, value: float) -> None:
    low, high = _bound(ask, register, register.min), _bound(ask, register, register.max)
    if (low is not None and value < low) or (high is not None and value > high):
        least = "" if low is None else f"from {low:g} "
        most = "" if high is None else f"to {high:g} "
        raise Refused(
            f"{ask.name}: {register.name} takes {least}{most}{register.unit}".rstrip()
            + f", not {value:g}; nothing was written"
        )


def _bound(ask: Ask, register: Register, bound: float | str | None) -> float | None:
    if not isinstance(bound, str):
        return bound
    return parse(bound).value(lambda name: number(ask.values, key_of(name, register.role)))

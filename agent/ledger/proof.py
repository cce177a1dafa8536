"""When a device's own data proves a command. A protocol's "Accepted" proves nothing."""

from agent.model.actions import ActionKind
from agent.model.readings import (
    BatteryReading,
    ChargerReading,
    InverterReading,
    PowerDelivery,
    Reading,
    VehicleReading,
)
from agent.model.snapshot import Seen
from agent.model.targets import BatteryTarget, ChargerTarget, InverterTarget, Target, VehicleTarget

READ_BACK_A = 0.5
READ_BACK_W, READ_BACK_SHARE = 10.0, 0.01
"""Inverters know hundredths of their rating, some only whole ones."""

MEASURED_FACTOR = 1.05
"""A charger without read-back must be seen to draw at most 5 % more than it was given."""

SWITCHED_WITHIN_S = 10.0
"""A contactor has its time."""

_IDLE = (PowerDelivery.STOPPED, PowerDelivery.COMPLETE, PowerDelivery.NO_POWER)

NEVER = float("-inf")


def shows(target: Target, seen: Seen[Reading] | None, after_mono_s: float = NEVER) -> bool:
    """Whether data said after the given instant shows what the target asks for."""
    if seen is None or not seen.reachable:
        return False
    match target, seen.value:
        case InverterTarget(max_power_w=most_w), InverterReading() as roof:
            shown = _shows_power(most_w, roof)
            return shown and seen.said_after("production_limit_w", after_mono_s)
        case BatteryTarget(mode=mode), BatteryReading() as battery:
            return battery.operation_mode == mode and seen.said_after(
                "operation_mode", after_mono_s
            )
        case ChargerTarget(charging=True) as wanted, ChargerReading():
            return (
                shows_delivery(ActionKind.START, seen, after_mono_s)
                and (
                    wanted.max_current_a is None
                    or shows_limit(wanted.max_current_a, seen, after_mono_s)
                )
                and (wanted.phases is None or shows_phases(wanted.phases, seen, after_mono_s))
            )
        case ChargerTarget(charging=False, phases=phases), ChargerReading():
            stopped = shows_delivery(ActionKind.STOP, seen, after_mono_s)
            return stopped and (phases is None or shows_phases(phases, seen, after_mono_s))
        case VehicleTarget(charging=charging), VehicleReading():
            kind = ActionKind.START if charging else ActionKind.STOP
            return shows_delivery(kind, seen, after_mono_s)
        case _:
            return False


def _shows_power(most_w: float | None, roof: InverterReading) -> bool:
    """Whether an inverter says that it gives no more than that; None = that it is free."""
    if roof.production_limit_w is None:
        return False
    rated_w = roof.rated_power_w
    if most_w is None:
        return rated_w is None or roof.production_limit_w >= rated_w
    return abs(roof.production_limit_w - most_w) <= READ_BACK_W + READ_BACK_SHARE * (rated_w or 0.0)


def shows_delivery(kind: ActionKind, seen: Seen[Reading], after_mono_s: float) -> bool:
    """START: it charges. STOP: it does not, and the cable may even be out."""
    if not isinstance(seen.value, ChargerReading | VehicleReading):
        return False
    if not seen.said_after("power_delivery", after_mono_s):
        return False
    state = seen.value.power_delivery
    if kind is ActionKind.START:
        return state is PowerDelivery.CHARGING
    return state in _IDLE or state is PowerDelivery.UNPLUGGED


def shows_limit(limit_a: float, seen: Seen[Reading], after_mono_s: float) -> bool:
    """Whether a charger applies a limit: by its own word, or by its word and its current.

    A charger that can tell its limit must tell it. Any other must have accepted it, and draw
    no more than 5 % above it where it says what it draws.
    """
    charger = seen.value
    if not isinstance(charger, ChargerReading):
        return False
    if charger.max_current_a is not None:
        if not seen.said_after("max_current_a", after_mono_s):
            return False
        return abs(charger.max_current_a - limit_a) <= READ_BACK_A
    accepted_a = charger.accepted_current_a
    if accepted_a is None or abs(accepted_a - limit_a) > READ_BACK_A:
        return False
    return seen.said_after("accepted_current_a", after_mono_s) and _draws_at_most(limit_a, seen)


def shows_phases(phases: int, seen: Seen[Reading], after_mono_s: float) -> bool:
    """Whether a charger was told to use so many phases, and draws on no more since then.

    On fewer it may: the car decides that.
    """
    charger = seen.value
    if not isinstance(charger, ChargerReading) or charger.phases_told != phases:
        return False
    if not seen.said_after("phases_told", after_mono_s):
        return False
    told_mono_s = seen.said_mono_s["phases_told"]
    measured = seen.said_after("phases", told_mono_s + SWITCHED_WITHIN_S)
    flows = charger.power_delivery is PowerDelivery.CHARGING and measured
    return not flows or (charger.phases or 0) <= phases


def _draws_at_most(limit_a: float, seen: Seen[Reading]) -> bool:
    charger = seen.value
    if not isinstance(charger, ChargerReading):
        return False
    if charger.power_delivery is not PowerDelivery.CHARGING:
        return True
    amps = (charger.current_l1_a, charger.current_l2_a, charger.current_l3_a)
    return all(a is None or a <= limit_a * MEASURED_FACTOR + READ_BACK_A for a in amps)

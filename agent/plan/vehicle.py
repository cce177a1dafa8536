"""What a car that takes commands itself is told: a pending Action, and nothing else.

A command may wake the car and costs its gateway's budget, so nobody holds it to what it did: its
owner may change his mind at the car.
"""

from agent.model.actions import Action, ActionKind, RequestedBy
from agent.model.readings import DeviceId, Reading
from agent.model.snapshot import Seen
from agent.model.targets import Owner, Reason, ReasonCode, VehicleTarget
from agent.model.wishes import Order


def target(
    device: DeviceId, seen: Seen[Reading] | None, order: Order | None
) -> VehicleTarget | None:
    """None leaves the car alone, also while nobody knows anything of it."""
    if seen is None or not seen.reachable or order is None:
        return None
    return VehicleTarget(
        device=device, charging=order.charging, owner=order.owner, reason=order.reason
    )


def order(action: Action, given: Order | None) -> Order:
    """What a pending START or STOP asks of a car.

    Args:
        given: what a schedule or an override wants of the car, or of the charger that it hangs on.
    """
    charging = action.kind is ActionKind.START
    if given is not None and given.charging == charging:
        return given
    does = "Charging" if charging else "Paused"
    match action.requested_by:
        case RequestedBy.SCHEDULE:
            code = ReasonCode.SCHEDULE_CHARGE if charging else ReasonCode.SCHEDULE_HOLD
            owner, by = Owner.SCHEDULE, "a schedule"
        case RequestedBy.OVERRIDE:
            code, owner, by = ReasonCode.OVERRIDE, Owner.OVERRIDE, "a smart override"
        case _:
            code = ReasonCode.MANUAL_START if charging else ReasonCode.MANUAL_STOP
            owner, by = Owner.MANUAL, "you"
    because = "because you said so" if by == "you" else f"{by} asked for it"
    separator = " " if by == "you" else ": "
    reason = Reason(code=code, sentence=f"{does}{separator}{because}.")
    return Order(charging=charging, owner=owner, reason=reason, by=by)

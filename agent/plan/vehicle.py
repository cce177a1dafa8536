"""What a car that takes commands itself is told: only what somebody ordered or asked for."""

from agent.model.readings import DeviceId, Reading
from agent.model.snapshot import Seen
from agent.model.targets import Owner, Reason, ReasonCode, VehicleTarget
from agent.model.wishes import Order, VehicleWish


def target(
    device: DeviceId, seen: Seen[Reading] | None, wish: VehicleWish, order: Order | None
) -> VehicleTarget | None:
    """None leaves the car alone, also while nobody knows anything of it: a command may wake it
    and costs its gateway's budget."""
    if seen is None or not seen.reachable:
        return None
    if order is not None:
        return VehicleTarget(
            device=device, charging=order.charging, owner=order.owner, reason=order.reason
        )
    if wish.manual is None:
        return None
    code = ReasonCode.MANUAL_START if wish.manual else ReasonCode.MANUAL_STOP
    does = "Charging" if wish.manual else "Paused"
    return VehicleTarget(
        device=device,
        charging=wish.manual,
        owner=Owner.MANUAL,
        reason=Reason(code=code, sentence=f"{does} because you said so."),
    )

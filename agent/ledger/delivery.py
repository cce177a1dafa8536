"""Sending a Target again until the device's own data proves it. Pure; the clock is an argument.

This runs underneath the Actions and for every Target, also for those that no person asked for
(surplus, fuse). The attempts of one Target thin out and never stop: the device may come back. A car
is the exception.
"""

from dataclasses import dataclass, replace
from zlib import crc32

from agent.ledger.proof import shows
from agent.model.clock import Now
from agent.model.readings import DeviceKind, Reading
from agent.model.snapshot import Seen
from agent.model.targets import BatteryTarget, ChargerTarget, InverterTarget, Target, VehicleTarget

ATTEMPTS_S = {
    DeviceKind.CHARGER: (0.0, 15.0, 45.0, 90.0, 150.0, 240.0),
    DeviceKind.BATTERY: (0.0, 5.0, 15.0, 30.0, 60.0),
    DeviceKind.INVERTER: (0.0, 5.0, 15.0, 30.0, 60.0),
    DeviceKind.VEHICLE: (0.0,),
}
UNDELIVERED_AGAIN_S = 30.0
LATER_EVERY_S = 300.0
JITTER = 0.1
SAME_A = 0.05
SAME_W = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One Target on its way.

    Args:
        first_mono_s: when it was first sent; attempts are counted from there.
        sent_mono_s: when it was last sent.
        proven: whether data newer than the command showed it.
        refused: why the device declined; it is not asked again for the same thing.
        undelivered: it never left, because the link was down.
    """

    target: Target
    first_mono_s: float
    sent_mono_s: float
    attempts: int = 1
    proven: bool = False
    refused: str | None = None
    undelivered: bool = False


def step(
    old: Delivery | None,
    target: Target,
    kind: DeviceKind,
    seen: Seen[Reading] | None,
    now: Now,
    *,
    forced: bool = False,
) -> tuple[Delivery | None, bool]:
    """Advance the delivery of one device by one tick.

    Args:
        forced: send it even if the device shows it already or has refused it.

    Returns:
        The delivery as it stands, and whether the target must be sent now. Nothing is sent to
        a device that is out of reach; it is sent when it comes back.
    """
    if seen is None or not seen.reachable:
        return (None if old is None else replace(old, proven=False)), False
    if old is None or forced or not same_command(old.target, target):
        if old is None and not forced and shows(target, seen):
            done = Delivery(
                target=target, first_mono_s=now.mono_s, sent_mono_s=now.mono_s, proven=True
            )
            return done, False  # found as wanted: a restart disturbs nothing
        fresh = Delivery(target=target, first_mono_s=now.mono_s, sent_mono_s=now.mono_s)
        return fresh, True
    if old.refused is not None:
        return old, False
    if shows(target, seen, old.sent_mono_s if not old.proven else float("-inf")):
        return old if old.proven else replace(old, proven=True), False
    if old.proven:  # it has left the state that it had shown
        again = replace(old, first_mono_s=now.mono_s, sent_mono_s=now.mono_s, attempts=1)
        return replace(again, proven=False), True
    if now.mono_s >= due_mono_s(old, kind):
        again = replace(old, sent_mono_s=now.mono_s, attempts=old.attempts + 1)
        return replace(again, undelivered=False), True
    return old, False


def due_mono_s(delivery: Delivery, kind: DeviceKind) -> float:
    """When to send again: the kind's schedule, +-10 % so that a house full of devices does not
    speak in chorus, then every 5 minutes. A car is told once; its gateway's budget is small."""
    if kind is DeviceKind.VEHICLE:
        again_mono_s = delivery.sent_mono_s + UNDELIVERED_AGAIN_S
        return again_mono_s if delivery.undelivered else float("inf")
    plan_s = ATTEMPTS_S[kind]
    if delivery.attempts < len(plan_s):
        after_s = plan_s[delivery.attempts]
    else:
        after_s = plan_s[-1] + LATER_EVERY_S * (delivery.attempts - len(plan_s) + 1)
    spread = crc32(f"{delivery.target.device} {delivery.attempts}".encode()) % 1000 / 1000
    return delivery.first_mono_s + after_s * (1 - JITTER + 2 * JITTER * spread)


def same_command(a: Target, b: Target) -> bool:
    """Whether two Targets ask the same of a device, whoever asks and why."""
    match a, b:
        case ChargerTarget(), ChargerTarget():
            same_limit = _same(a.max_current_a, b.max_current_a, SAME_A)
            same = (a.charging, a.hard_stop, a.phases) == (b.charging, b.hard_stop, b.phases)
            return same and same_limit
        case BatteryTarget(), BatteryTarget():
            return a.mode is b.mode and _same(a.power_w, b.power_w, SAME_W)
        case InverterTarget(), InverterTarget():
            return _same(a.max_power_w, b.max_power_w, 1.0)
        case VehicleTarget(), VehicleTarget():
            return a.charging == b.charging
        case _:
            return False


def _same(a: float | None, b: float | None, within: float) -> bool:
    if a is None or b is None:
        return a is b
    return abs(a - b) < within

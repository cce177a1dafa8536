"""Cars that do not take what they are offered, which no command changes. Pure."""

from typing import Final

from agent.ledger.ways import Ways
from agent.model.actions import Action, ActionKind, Failure, FailureType
from agent.model.readings import DeviceId, PowerDelivery, Reading, VehicleReading
from agent.model.snapshot import Seen, Snapshot

_DECLINING: Final = (PowerDelivery.NO_POWER, PowerDelivery.COMPLETE)


def full(
    action: Action,
    told: Seen[Reading] | None,
    snapshot: Snapshot,
    ways: Ways,
    *,
    over: bool = False,
) -> bool:
    """Whether a START is needless, since the car that is to charge says that it is full.

    A car that was asked is believed at once when it calls itself complete. Of one on a charger that
    was asked, and of its mere level, that counts once it takes nothing, or when the time is over:
    what it says may be old.
    """
    if action.kind is not ActionKind.START:
        return False
    name = _car_of(action, ways)
    seen = snapshot.get(name)
    car = None if seen is None else seen.value
    if not isinstance(car, VehicleReading):
        return False
    complete = car.power_delivery is PowerDelivery.COMPLETE
    if complete and name == action.device:
        return True
    limit, level = car.charge_limit_percent, car.soc_percent
    by_level = limit is not None and level is not None and level >= limit
    return (complete or by_level) and (over or takes_nothing(action, told))


def satisfied(action: Action, ways: Ways) -> Failure:
    """Why such a START came to nothing."""
    detail = f"{_car_of(action, ways)} is fully charged"
    return Failure(type=FailureType.UNNECESSARY, detail=detail)


def _car_of(action: Action, ways: Ways) -> DeviceId:
    """The car that was asked, or that hangs on the charger that was; else the device itself."""
    if action.device in ways:
        return action.device
    hang = (car for car, each in ways.items() if any(way.id == action.device for way in each))
    return next(hang, action.device)


def takes_nothing(action: Action, told: Seen[Reading] | None) -> bool:
    """Whether a charger has said since it was told to start that it offers power and none is
    taken."""
    if action.kind is not ActionKind.START:
        return False
    state = None if told is None else getattr(told.value, "power_delivery", None)
    return (
        action.attempts > 0
        and told is not None
        and state in _DECLINING
        and told.said_after("power_delivery", action.created_mono_s)
    )


def takes_none(charger: DeviceId) -> str:
    """What is wrong then, in words."""
    return (
        f"{charger} offers power but the car takes none: it is full, asleep, or waits for its own"
        " timer"
    )


def untaken(action: Action) -> Failure:
    """Why a START at such a charger came to nothing."""
    return Failure(type=FailureType.FAILED_PRECONDITION, detail=takes_none(action.device_commanded))

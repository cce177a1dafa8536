"""What would settle which car hangs on a charger, as a sentence for people."""

from agent.model.clock import Now
from agent.model.pairs import LockedBy
from agent.model.readings import DeviceId
from agent.pairing.delays import LATE_S
from agent.pairing.memory import Held, Memory

LIKELY, UNLIKELY = 0.1, 0.02
OTHERWISE = "a card at the charger, or you"


def settles(memory: Memory, charger: DeviceId, held: Held, now: Now) -> str | None:
    """None where a car is named, or a person spoke."""
    session = memory.chargers[charger].session
    if held.vehicle is not None or held.locked_by is LockedBy.MANUAL or session is None:
        return None
    ranked = sorted(held.shares, key=lambda car: (-held.shares[car], car))
    rivals = [car for car in ranked if held.shares[car] >= LIKELY]
    if not ranked or held.shares[ranked[0]] < UNLIKELY:
        return "no car of the house fits; if it is one nevertheless, a card at the charger, or you"
    best = ranked[0]
    if session.after_s is None:
        return f"nobody saw the cable go in: the next start or stop here, {OTHERWISE}"
    if len(rivals) > 1:
        names = " and ".join(memory.settings.called(car) for car in rivals[:2])
        return f"{names} fit alike: the next start, stop or step of one of them, {OTHERWISE}"
    return f"{_word(memory, session.plug_s, best, now)}, {OTHERWISE}"


def _word(memory: Memory, plug_s: float, best: DeviceId, now: Now) -> str:
    car, name = memory.cars[best], memory.settings.called(best)
    if car.heard_s <= plug_s:
        waits = "its next report"
        if now.mono_s > plug_s + LATE_S:
            waits = "a report of it, which may come only when it drives"
        return f"{name} has said nothing since the plug: {waits}"
    if not car.plugged and not car.charging:
        return f"{name} tells neither plug nor charging: its level over the next kilowatt-hours"
    if not car.places:
        return (
            f"it may be a guest while {name}, which tells no position, is plugged in elsewhere:"
            f" the next start, stop or step"
        )
    return f"{name} or a guest: the next start, stop or step"

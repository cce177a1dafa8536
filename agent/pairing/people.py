"""What people say about pairs goes before everything that was worked out."""

from dataclasses import replace
from types import MappingProxyType

from agent.model.clock import Now
from agent.model.readings import DeviceId
from agent.pairing.judging import STRANGER
from agent.pairing.memory import Memory
from agent.pairing.tracks import Charger


def pin(memory: Memory, charger: DeviceId, vehicle: DeviceId | None, now: Now) -> Memory:
    """This car hangs on this charger whenever something does, until the pin is taken away
    (None). A car is pinned to one charger at most. Step next, at once.

    Raises:
        KeyError: no such charger or car.
    """
    _known(memory, charger, vehicle)
    pins = {c: v for c, v in memory.pins.items() if c != charger and v != vehicle}
    if vehicle is not None:
        pins[charger] = vehicle
    return replace(memory, pins=MappingProxyType(pins), due_s=now.mono_s)


def correct(
    memory: Memory,
    charger: DeviceId,
    vehicle: DeviceId | None,
    guest: bool,  # noqa: FBT001
    now: Now,
) -> Memory:
    """For the session that runs: it is this car, or a guest's. With neither: an earlier
    correction is taken back, or if there was none, the car that was named is ruled out.
    Nothing happens while nothing is plugged in. Step next, at once.

    Raises:
        KeyError: no such charger or car.
    """
    _known(memory, charger, vehicle)
    session, held = memory.chargers[charger].session, memory.held.get(charger)
    if session is None:
        return memory
    if guest or vehicle is not None:
        session = replace(session, verdict=STRANGER if guest else vehicle)
    elif session.verdict is not None or session.excluded:
        session = replace(session, verdict=None, excluded=())
    elif held is not None and held.vehicle is not None:
        session = replace(session, excluded=(*session.excluded, held.vehicle))
    chargers = {
        c: replace(t, session=session) if c == charger else _unsaid(t, vehicle)
        for c, t in memory.chargers.items()
    }
    return replace(memory, chargers=MappingProxyType(chargers), due_s=now.mono_s)


def _unsaid(track: Charger, vehicle: DeviceId | None) -> Charger:
    """One car hangs on one cable: what was said of it elsewhere is over."""
    session = track.session
    if vehicle is None or session is None or session.verdict != vehicle:
        return track
    return replace(track, session=replace(session, verdict=None))


def _known(memory: Memory, charger: DeviceId, vehicle: DeviceId | None) -> None:
    if charger not in memory.chargers:
        raise KeyError(charger)
    if vehicle is not None and vehicle not in memory.cars:
        raise KeyError(vehicle)

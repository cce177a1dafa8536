"""What people said of a charger, as it stands, and the two ways to say "not so"."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from agent.model.clock import Now
from agent.model.pairs import PairingMode, PairStage, Said
from agent.model.readings import DeviceId
from agent.pairing.memory import Memory
from agent.pairing.tracks import Session


def said(memory: Memory) -> Mapping[DeviceId, Said]:
    """Per charger of which people said something."""
    found = {}
    for charger, track in memory.chargers.items():
        word, session = Said(pinned=memory.pins.get(charger)), track.session
        if session is not None:
            named = session.verdict in memory.cars
            word = replace(
                word,
                vehicle=DeviceId(session.verdict or "") if named else None,
                guest=session.verdict == "",
                ruled_out=session.excluded,
            )
        if word != Said():
            found[charger] = word
    return MappingProxyType(found)


def cars_on(
    memory: Memory, believed: Mapping[DeviceId, DeviceId | None]
) -> Mapping[DeviceId, DeviceId | None]:
    """Charger -> the car that is known for sure to hang on it; None where a person said that it is
    not the one that it was taken for. Absent where nothing is known now.

    Args:
        believed: per charger, the car that its session was taken for so far.
    """
    if memory.settings.mode is PairingMode.OFF:
        return {}
    found: dict[DeviceId, DeviceId | None] = {}
    for charger, vehicle in believed.items():
        track = memory.chargers.get(charger)
        session = None if track is None else track.session
        if session is not None and (session.verdict == "" or vehicle in session.excluded):
            found[charger] = None
    active = (pair for pair in memory.pairs if pair.stage is PairStage.ACTIVATED)
    return found | {pair.charger: pair.vehicle for pair in active}


def not_this(memory: Memory, charger: DeviceId, now: Now) -> Memory:
    """Rule out, for the session that runs, the car that is named; a car that a person named
    before, too. What was ruled out already stays so. Step next, at once.

    Raises:
        KeyError: no such charger.
    """
    session, held = memory.chargers[charger].session, memory.held.get(charger)
    if session is None or held is None:
        return memory
    out = list(session.excluded)
    if held.vehicle is not None and held.vehicle not in out:
        out.append(held.vehicle)
    return _with(memory, charger, replace(session, verdict=None, excluded=tuple(out)), now)


def automatic(memory: Memory, charger: DeviceId, now: Now) -> Memory:
    """Take back all that people said of the session that runs. Step next, at once.

    Raises:
        KeyError: no such charger.
    """
    session = memory.chargers[charger].session
    if session is None or (session.verdict is None and not session.excluded):
        return memory
    return _with(memory, charger, replace(session, verdict=None, excluded=()), now)


def _with(memory: Memory, charger: DeviceId, session: Session, now: Now) -> Memory:
    track = replace(memory.chargers[charger], session=session)
    chargers = MappingProxyType({**memory.chargers, charger: track})
    return replace(memory, chargers=chargers, due_s=now.mono_s)

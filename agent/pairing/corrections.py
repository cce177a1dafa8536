"""What people said of a charger, as it stands, and the two ways to say "not so"."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from agent.model.clock import Now
from agent.model.pairs import Said
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

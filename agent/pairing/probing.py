"""When pairing would like a charger to charge slower for a while, to see which car follows.

Asked for once each plug-in, when all cars have had the time to tell of themselves (LATE_S) and it
is still open which one hangs there. Whether it is done is decided elsewhere.
"""

from collections.abc import Mapping

from agent.model.clock import Now
from agent.model.pairs import LockedBy, PairingMode, ProbePolicy, ProbeWish
from agent.model.readings import DeviceId
from agent.pairing.altering import altered
from agent.pairing.delays import LATE_S
from agent.pairing.memory import Held, Memory

LIKELY = 0.1
"""A car that is less likely than that is not worth asking the hardware about."""

CHARGES_ABOVE_W = 700.0


def wished(
    memory: Memory, held: Mapping[DeviceId, Held], now: Now
) -> tuple[dict[DeviceId, Held], tuple[ProbeWish, ...]]:
    """What is held of the chargers, and the wishes that came up."""
    after, wishes = dict(held), list[ProbeWish]()
    if memory.settings.mode is not PairingMode.FULL or memory.settings.probe is ProbePolicy.OFF:
        return after, ()
    for charger, each in held.items():
        wish = None if each.asked else _wish(memory, charger, each, now)
        if wish is not None:
            after[charger] = altered(each, asked=True)
            wishes.append(wish)
    return after, tuple(wishes)


def _wish(memory: Memory, charger: DeviceId, held: Held, now: Now) -> ProbeWish | None:
    track = memory.chargers[charger]
    session = track.session
    if session is None or now.mono_s < session.plug_s + LATE_S or not held.shares:
        return None
    if held.vehicle is not None or held.locked_by is LockedBy.MANUAL:
        return None
    ranked = sorted(held.shares, key=lambda car: -held.shares[car])
    if held.shares[ranked[0]] < LIKELY or (track.power_now_w or 0.0) < CHARGES_ABOVE_W:
        return None
    called = memory.settings.called
    rivals = [called(car) for car in ranked if held.shares[car] >= LIKELY]
    who = " or ".join(rivals) if len(rivals) > 1 else f"{rivals[0]} or a guest"
    why = f"it is open whether {who} hangs on {called(charger)}"
    return ProbeWish(charger=charger, vehicle=ranked[0], why=why)

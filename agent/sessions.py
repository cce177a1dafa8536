"""Sessions: plug-in to plug-out at one charger. Pure; the clock is an argument."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from uuid import NAMESPACE_OID, uuid5

from agent.model.clock import Now
from agent.model.picture import Session
from agent.model.readings import ChargerReading, DeviceId
from agent.model.snapshot import Snapshot

Sessions = Mapping[DeviceId, Session]
"""The open session of each charger; a charger without a car has none."""


def step(
    sessions: Sessions,
    snapshot: Snapshot,
    counters_wh: Mapping[tuple[DeviceId, str], float],
    now: Now,
    cars: Mapping[DeviceId, DeviceId | None] = MappingProxyType({}),
) -> tuple[Sessions, tuple[Session, ...]]:
    """Advance all sessions by one tick.

    Args:
        counters_wh: guarded lifetime counters; (charger, "energy_wh") measures a session.
        cars: the car on a charger as far as it is known for sure, None = it is not the one that
            it was taken for. A session keeps the last one that was known while it ran: cars often
            tell of the unplug before the charger does.

    Returns:
        The open sessions, and those that began or ended in this tick (facts for the disk).
        A charger whose plug state is unknown keeps its session.
    """
    after, facts = dict(sessions), list[Session]()
    for device, seen in snapshot.items():
        charger = seen.value
        if not isinstance(charger, ChargerReading) or charger.power_delivery is None:
            continue
        meter_wh = counters_wh.get((device, "energy_wh"))
        plugged_in, old = charger.power_delivery.plugged_in, after.get(device)
        if plugged_in and old is None:
            new = Session(
                id=str(uuid5(NAMESPACE_OID, f"{device} {now.at.isoformat()}")),
                charger=device,
                plugged_in_at=now.at,
                meter_start_wh=meter_wh,
            )
            after[device] = new
            facts.append(new)
        elif old is not None:
            grown = _grow(old, charger, meter_wh)
            after[device] = grown
            if plugged_in is False:
                del after[device]
                facts.append(replace(grown, plugged_out_at=now.at))
    for device in after.keys() & cars.keys():
        if after[device].vehicle != cars[device]:
            after[device] = replace(after[device], vehicle=cars[device])
    return MappingProxyType(after), tuple(facts)


def _grow(session: Session, charger: ChargerReading, meter_wh: float | None) -> Session:
    start_wh = session.meter_start_wh
    if start_wh is None and meter_wh is not None:
        # The counter came after the plug: what the charger itself counted is not lost.
        start_wh = meter_wh - (charger.session_wh or 0.0)
    energy_wh = session.energy_wh
    if start_wh is not None and meter_wh is not None:
        energy_wh = max(energy_wh or 0.0, meter_wh - start_wh)
    elif charger.session_wh is not None:
        energy_wh = max(energy_wh or 0.0, charger.session_wh)
    peak_w = max(session.max_power_w or 0.0, charger.power_w or 0.0)
    return replace(
        session, meter_start_wh=start_wh, energy_wh=energy_wh, max_power_w=peak_w or None
    )

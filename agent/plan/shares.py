"""What each charger may have in a meter's figures, while its last change may not show there yet."""

import math
from collections.abc import Mapping

from agent.model.readings import ChargerReading, PowerDelivery
from agent.model.snapshot import Seen
from agent.model.units import NOMINAL_VOLTAGE_V
from agent.plan.memory import ChargerMemory
from agent.plan.phase_memory import NOTHING_SAID, PhaseMemory
from agent.plan.settings import ChargerSettings

SETTLE_S = 10.0
"""A car follows a new limit within 5 s, some in 10 (IEC 61851-1 allows 5 s for a decrease)."""

CARRIES_A = 0.5

LESS_A = 1.0
"""A car that takes so much less than it may takes no more."""

OBEYS_SHARE, OBEYS_A = 1.05, 0.5
"""So far above its limit a car that follows it may seem to draw, for voltage and meters."""

Shares = Mapping[int, tuple[float, float]]
"""Phase of the mains -> the least and the most, in ampere."""


def share_a(
    seen: Seen[ChargerReading],
    measured_mono_s: float,
    mind: ChargerMemory,
    own: ChargerSettings,
    phased: PhaseMemory = NOTHING_SAID,
    *,
    inside: bool = False,
) -> Shares:
    """The least and the most that one charger may have in a figure measured at that instant.

    A charger that is out of reach cannot be steered: what it may still rise by is taken off.

    Args:
        inside: whether no limit is passed. Then a car whose power may all go through fewer phases
            counts as if it did, so that one on one phase keeps what it has; else as if it went
            through all that are wired, so that nothing is believed free that may not be.
    """
    drawn_a = on_mains(drawn(seen.value, own.phases), own)
    users = loaded(seen.value, own, phased)
    if not seen.reachable:
        may_a = own.max_a if mind.limit_a is None else max(mind.limit_a, own.fallback_a)
        off_a = {p: min(0.0, drawn_a.get(p, 0.0) - may_a) for p in users}
        return {p: (amps, amps) for p, amps in off_a.items()}
    possible_a = _possible_a(seen, measured_mono_s, mind)
    if possible_a:
        least, most = min(possible_a), max(possible_a)
        now_a = {p: drawn_a.get(p, 0.0) for p in users}
        return {p: (min(amps, least), max(amps, most)) for p, amps in now_a.items()}
    if flowing(seen.value) and not drawn_a:  # a charger without a meter of its own
        drawn_a = dict.fromkeys(users, mind.limit_a or 0.0)
    crowd = _crowd(seen.value, mind, own) if inside else 1.0
    return {p: (amps * crowd, amps * crowd) for p, amps in drawn_a.items()}


def _crowd(state: ChargerReading, mind: ChargerMemory, own: ChargerSettings) -> float:
    """How many times the evenly spread current one phase may carry, where only power is told."""
    if state.phases is not None or state.power_w is None or not mind.limit_a or _measured(state):
        return 1.0
    most_a = mind.limit_a * OBEYS_SHARE + OBEYS_A
    fewest = math.ceil(state.power_w / NOMINAL_VOLTAGE_V / most_a)
    return own.phases / min(max(fewest, 1), own.phases)


def ceiling_a(seen: Seen[ChargerReading], mind: ChargerMemory) -> float | None:
    """The most that this car takes of what it is offered, as far as that was seen; else None."""
    amps, before_a = max(drawn(seen.value).values(), default=None), mind.ceiling_a
    if amps is None:
        return before_a
    if before_a is not None and amps > before_a:
        before_a = None
    changed_mono_s = mind.changed_mono_s
    calm = changed_mono_s is None or seen.said_after("power_w", changed_mono_s + SETTLE_S)
    if calm and mind.limit_a is not None and amps < mind.limit_a - LESS_A:
        return amps + LESS_A / 2
    return before_a


def loaded(
    state: ChargerReading, own: ChargerSettings, phased: PhaseMemory = NOTHING_SAID
) -> tuple[int, ...]:
    """The phases of the mains that a charger loads, or may load.

    Until currents have proven a change of phases, both the old ones and the new ones; and all of
    them where nobody reaches it, since then it does as its own fallback says.
    """
    if own.switching is None or phased.used is None:
        return own.mains_phases(state.phases)
    if phased.uncertain or state.reachable is False:
        return own.mains_phases(None)
    if phased.used < own.phases:
        return tuple(own.phase_order[p - 1] for p in phased.proven)
    return own.mains_phases(state.phases)


def _possible_a(
    seen: Seen[ChargerReading], measured_mono_s: float, mind: ChargerMemory
) -> list[float]:
    """The limits that the figure may reflect; none when all has settled."""
    recent = [row for row in mind.history if row[0] > measured_mono_s - SETTLE_S]
    if recent:
        before = mind.history[: len(mind.history) - len(recent)]
        return [limit_a for _, limit_a in (*before[-1:], *recent)]
    changed_mono_s = mind.changed_mono_s
    metered = "power_w" in seen.said_mono_s and flowing(seen.value)
    if changed_mono_s is None or not metered or mind.limit_a is None:
        return []
    if seen.said_after("power_w", changed_mono_s + SETTLE_S):
        return []
    return [mind.limit_a]


def drawn(state: ChargerReading, wired: int = 3) -> dict[int, float]:
    """Current per phase of the charger that it says it delivers; empty when nothing flows.

    Args:
        wired: over so many phases its power is spread, where it tells neither currents nor phases.
    """
    if not flowing(state):
        return {}
    measured = _measured(state)
    if measured or state.power_w is None:
        return measured
    phases = state.phases or wired
    return dict.fromkeys(range(1, phases + 1), state.power_w / NOMINAL_VOLTAGE_V / phases)


def _measured(state: ChargerReading) -> dict[int, float]:
    by_phase = {1: state.current_l1_a, 2: state.current_l2_a, 3: state.current_l3_a}
    return {phase: amps for phase, amps in by_phase.items() if amps is not None}


def on_mains(own_a: Mapping[int, float], own: ChargerSettings) -> dict[int, float]:
    """The same by the phases of the mains, on which the installer may have turned the charger."""
    return {own.phase_order[p - 1]: amps for p, amps in own_a.items()}


def carrying(state: ChargerReading) -> tuple[int, ...]:
    """Phases of the charger on which current is measured, or those it says it uses."""
    by_phase = {1: state.current_l1_a, 2: state.current_l2_a, 3: state.current_l3_a}
    found = tuple(phase for phase, amps in by_phase.items() if (amps or 0.0) > CARRIES_A)
    return found if len(found) == state.phases else tuple(range(1, (state.phases or 0) + 1))


def flowing(state: ChargerReading) -> bool:
    """Whether it says that current flows."""
    return state.power_delivery in (PowerDelivery.CHARGING, PowerDelivery.DISCHARGING)

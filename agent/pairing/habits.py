"""What each charger is used to: counts of sessions, shared out as far as they were told."""

from collections.abc import Set as AbstractSet
from dataclasses import replace
from types import MappingProxyType

from agent.model.pairs import LockedBy
from agent.model.readings import DeviceId
from agent.pairing.judging import STRANGER
from agent.pairing.memory import Memory

WORTH_S = 600.0
MOST = 20.0
"""Older habits fade: no more sessions than that are remembered."""


def learned(after: Memory, before: Memory, ended: AbstractSet[DeviceId]) -> Memory:
    """With the sessions that ended counted."""
    habits = dict(after.habits)
    for charger in ended:
        session, held = before.chargers[charger].session, before.held.get(charger)
        if session is None or held is None or after.now is None:
            continue
        if after.now.mono_s - session.plug_s < WORTH_S:
            continue
        shares = {**held.shares, STRANGER: 1.0 - sum(held.shares.values())}
        if held.locked_by is LockedBy.MANUAL:
            shares = dict[DeviceId, float]({held.vehicle or STRANGER: 1.0})
        counts = dict(habits.get(charger, {}))
        for who, share in shares.items():
            counts[who] = counts.get(who, 0.0) + share
        total = sum(counts.values())
        if total > MOST:
            counts = {who: count * MOST / total for who, count in counts.items()}
        habits[charger] = MappingProxyType(counts)
    return after if habits == after.habits else replace(after, habits=MappingProxyType(habits))

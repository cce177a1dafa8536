"""What plans do without, told where people look and, whenever it changes, once in the log."""

import logging
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from agent.model.nothing import nothing
from agent.model.readings import DeviceId
from agent.model.snapshot import Snapshot
from agent.plan.abilities import left_out
from agent.plan.learnt import NOTHING_LEARNT, Learnt
from agent.plan.settings import PlanSettings

log = logging.getLogger(__name__)

Lacks = Mapping[DeviceId, tuple[str, ...]]


class Lacking:
    """
    Attributes:
        told: by device what plans do without now; one sentence for each thing.
    """

    def __init__(self) -> None:
        self.told: Lacks = nothing()

    def look(
        self, snapshot: Snapshot, settings: PlanSettings, learnt: Learnt = NOTHING_LEARNT
    ) -> None:
        """See what there is of that now."""
        found: dict[DeviceId, tuple[str, ...]] = {}
        unknown = left_out(snapshot, settings.devices, settings.battery)
        for device, sentence in (*unknown, *learnt.shortcomings()):
            found[device] = (*found.get(device, ()), sentence)
        for device in self.told.keys() - found.keys():
            seen = snapshot.get(device)
            if seen is None or not seen.value.reachable:
                found[device] = self.told[device]  # gone, and so nothing has changed
        if found == self.told:
            return
        before, self.told = self.told, MappingProxyType(found)
        for device in {**before, **found}:
            _log(device, before.get(device, ()), found.get(device, ()))


def _log(device: DeviceId, before: Sequence[str], after: Sequence[str]) -> None:
    for sentence in after:
        if sentence not in before:
            log.warning("%s", sentence)
    if before and not after:
        log.info("%s: plans count on it again", device)

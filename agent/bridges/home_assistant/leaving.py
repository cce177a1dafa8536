"""Entities that were retired while Hearth runs, as long as Home Assistant may still know them.

It takes a moment to take leave of an entity, and a state without its key would be a warning in
its log; so the key stays in the state for a while.
"""

from typing import Final

from agent.bridges.home_assistant.entity import Entity
from agent.model.clock import Clock
from agent.model.readings import DeviceId

FAREWELL_S: Final = 60.0

Rows = tuple[Entity, ...]


class Leaving:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: dict[DeviceId, tuple[float, Rows]] = {}

    def note(self, device: DeviceId, before: Rows, after: Rows) -> None:
        """The rows of a device changed; some may be gone, and some be back."""
        here = {row.key for row in after}
        gone = {row.key: row for row in (*self.of(device), *before) if row.key not in here}
        self._rows[device] = self._clock.now().mono_s, tuple(gone.values())

    def of(self, device: DeviceId) -> Rows:
        """What is still to be told of besides the rows that there are."""
        since_s, rows = self._rows.get(device, (0.0, ()))
        if rows and self._clock.now().mono_s - since_s > FAREWELL_S:
            del self._rows[device]
            return ()
        return rows

"""Changes become rows: checked first, so that one that is refused leaves nothing behind."""

from collections.abc import Iterable

from agent.model.actions import Action
from agent.model.clock import Clock
from agent.store.grid_log import GridLog
from agent.store.outbox import Outbox
from agent.store.outbox_rows import executed_row, resource_row
from agent.store.pending import PendingRule
from agent.store.rows import Key, Row, change_rows
from agent.store.values import Change


class Changes:
    """Args:
    pending: actions that are pending on disk.
    outbox: numbers the events. grid_log: chains the orders of the grid operator.
    """

    def __init__(
        self, pending: Iterable[Action], outbox: Outbox, grid_log: GridLog, clock: Clock
    ) -> None:
        self._pending = PendingRule(pending)
        self._outbox, self._grid_log, self._clock = outbox, grid_log, clock
        self._journal_number = 0

    def rows(self, change: Change) -> dict[Key, Row]:
        """Raises:
        SecondPendingAction, TypeError: a bug of the caller; nothing was taken.
        """
        rows = change_rows(change, self._journal_number)
        rows |= dict(map(resource_row, change.resources))
        rows |= dict(map(executed_row, change.executed))
        self._pending.take(change.actions)
        rows |= self._grid_log.rows(change.grid_log)
        self._journal_number += len(change.journal)
        return rows | self._outbox.take(change.events, change.executed, self._clock.now())

"""A device has at most one pending action. The database has an index that says so too, but there
a breach would take the other facts of the same commit with it."""

from collections.abc import Iterable

from agent.model.actions import Action
from agent.model.readings import DeviceId
from agent.store.values import SecondPendingAction


class PendingRule:
    def __init__(self, pending: Iterable[Action] = ()) -> None:
        self._pending: dict[DeviceId, str] = {action.device: action.id for action in pending}

    def take(self, actions: Iterable[Action]) -> None:
        """Note what becomes true together; of several states of one action the last counts.

        Raises:
            SecondPendingAction: two would be pending on one device; nothing was noted.
        """
        last = {action.id: action for action in actions}
        after = {device: id_ for device, id_ in self._pending.items() if id_ not in last}
        for action in last.values():
            if not action.pending:
                continue
            if action.device in after:
                raise SecondPendingAction(
                    f"{action.device} has the pending action {after[action.device]} already; "
                    f"{action.id} must wait until that one is finished"
                )
            after[action.device] = action.id
        self._pending = after

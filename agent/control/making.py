"""Actions that schedules, overrides and plans ask for by themselves. Their commands wait for the
disk like a person's. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agent.control.state import State
from agent.ledger import Request
from agent.model.actions import Action, ActionKind, RequestedBy
from agent.model.clock import Now
from agent.model.readings import DeviceId
from agent.model.schedules import Override
from agent.model.snapshot import Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Make:
    """An Action to make.

    Args:
        steered: whom the command goes to; the device itself, or the charger that it hangs on.
        override: begin a smart override with it.
    """

    device: DeviceId
    steered: DeviceId
    kind: ActionKind
    requested_by: RequestedBy
    override: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """
    Args:
        moved: Actions that were made or cancelled. overrides: those that began.
        fresh: devices whose commands must wait until all that is on disk.
    """

    moved: tuple[Action, ...] = ()
    fresh: frozenset[DeviceId] = frozenset()
    overrides: tuple[Override, ...] = ()


def make(
    state: State,
    released: Mapping[str, str],
    wanted: Iterable[Make],
    snapshot: Snapshot,
    now: Now,
) -> Made:
    """Cancel what is wanted no more, then make what is wanted.

    Args:
        released: ids of pending Actions to cancel, with the sentence why.
    """
    cancelled = (state.cancel(action_id, why, now) for action_id, why in released.items())
    moved = [done for done in cancelled if done is not None]
    fresh, begun = set[DeviceId](), list[Override]()
    for each in wanted:
        device = state.devices[each.device]
        request = Request(
            id=state.new_id(),
            device=device,
            commanded=None if each.steered == each.device else state.devices[each.steered],
            other=state.other_way(each.device, each.steered),
            kind=each.kind,
            requested_by=RequestedBy.OVERRIDE if each.override else each.requested_by,
        )
        made = state.file(request, snapshot, now)
        moved += made.changed
        if made.action is None or not made.action.pending:
            continue
        fresh.add(made.action.device_commanded)
        if each.override:
            override, _ = state.routine.start_override(device, state.new_id(), now)
            begun.append(state.routine.began(override, made.action.id))
    state.held |= fresh
    return Made(moved=tuple(moved), fresh=frozenset(fresh), overrides=tuple(begun))

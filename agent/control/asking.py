"""What everybody but people asks for at one tick: schedules, overrides, plans, probes. No I/O."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agent.control import grid_orders
from agent.control.making import Made, Make, make
from agent.control.plans import Planned
from agent.control.probing import Probed
from agent.control.routine import Found
from agent.control.state import State
from agent.model.actions import Action, RequestedBy
from agent.model.clock import Now
from agent.model.pairs import Commanded, Observation
from agent.model.readings import DeviceId
from agent.model.snapshot import Snapshot
from agent.model.wishes import Order
from agent.plan.steering import Outside


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """
    Args:
        found: by schedules, overrides and pairing.
        made: the Actions that those and the plans made or gave up.
    """

    found: Found
    planned: Planned
    made: Made
    probed: Probed

    @property
    def orders(self) -> Mapping[DeviceId, Order]:
        """Of chargers and cars; where both speak of one, the schedule's counts."""
        return {**self.planned.orders, **self.found.orders}

    @property
    def moved(self) -> tuple[Action, ...]:
        """Actions to be written down."""
        return (*self.made.moved, *self.probed.moved)

    @property
    def fresh(self) -> frozenset[DeviceId]:
        """Devices whose commands wait until that is on disk."""
        return self.made.fresh | self.probed.held

    @property
    def next_at(self) -> tuple[datetime | None, ...]:
        """When time alone changes something for each of them."""
        return self.found.next_at, self.probed.next_at, self.planned.next_at


def ask(
    state: State,
    said: Sequence[Commanded],
    observations: Sequence[Observation | Commanded],
    snapshot: Snapshot,
    outside: Outside,
    now: Now,
) -> Asked:
    """Advance schedules, overrides, pairing, the grid operator's orders, plans and probes to `now`.

    Args:
        said: commands of ours since the last tick.
    """
    found = state.routine.step(
        (*said, *observations),
        snapshot,
        state.settings.devices,
        state.ledger.pending,
        state.ledger.last,
        now,
    )
    state.priced = outside.prices is not None
    orders = grid_orders.advanced(state.wishes.grid_orders, now)
    state.wishes = replace(state.wishes, grid_orders=orders)
    state.learnt = state.learnt.step(snapshot, now)
    planned = state.plans.step(state, snapshot, outside, now)
    ended = {o.action_id or "": "its smart override ended" for o, _why in found.ended}
    released = {**found.released, **ended, **planned.released}
    made = make(state, released, _wanted(found, planned), snapshot, now)
    state.prober.hear(observations, state.routine.pairing.cars)
    probed = state.prober.step(state, found, snapshot, now)
    state.held |= probed.held
    return Asked(found=found, planned=planned, made=made, probed=probed)


def _wanted(found: Found, planned: Planned) -> Iterator[Make]:
    """The Actions that nobody but schedules, overrides and plans asked for."""
    for wanted in found.wanted:
        yield Make(
            device=wanted.device,
            steered=wanted.steered,
            kind=wanted.kind,
            requested_by=RequestedBy.SCHEDULE,
        )
    for each in planned.wanted:
        yield Make(
            device=each.device,
            steered=each.steered,
            kind=each.kind,
            requested_by=RequestedBy.SMART_CHARGING,
            override=each.override,
        )

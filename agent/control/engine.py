"""The tick, without I/O and without a clock of its own.

The living house (control.py) and a replay run the same engine: it is given Readings, Intents and
`now`, and gives Targets to send and Changes to write down. Same input, same output.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from agent import ledger
from agent.control import desk, grid_orders
from agent.control.asking import Asked, ask
from agent.control.desk import Taken
from agent.control.grid_words import words
from agent.control.state import State
from agent.ledger.ways import Ways
from agent.model.actions import Action
from agent.model.clock import Now
from agent.model.intents import Intent
from agent.model.limits import GridEntry
from agent.model.nothing import nothing
from agent.model.pairs import Belief, Commanded, Observation, ProbeWish
from agent.model.picture import JournalEntry, Session
from agent.model.prices import Prices
from agent.model.readings import DeviceId
from agent.model.snapshot import Snapshot
from agent.model.targets import ChargerTarget, Owner, Target, VehicleTarget
from agent.model.wishes import Order
from agent.pairing.corrections import cars_on
from agent.plan import Decision, decide, vehicle
from agent.plan.exporting import unwanted
from agent.plan.steering import Outside
from agent.store import Change

NO_WORD = Outside()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """What one tick brought.

    Args:
        targets: what each device should do now; `send` those that must leave now, in order.
        urgent: facts to be on disk at once, together; `later` may wait for the next commit.
        held: devices whose commands wait until `urgent` is on disk; see Engine.written.
        beliefs: chargers of which something else is held now.
        probes: which chargers pairing would like to see charge slower for a while.
        next_at: when time alone changes something; None = nothing is known to.
    """

    targets: Mapping[DeviceId, Target] = field(default_factory=nothing)
    send: tuple[Target, ...] = ()
    urgent: Change | None = None
    later: Change | None = None
    held: frozenset[DeviceId] = frozenset()
    beliefs: tuple[Belief, ...] = ()
    journal: tuple[JournalEntry, ...] = ()
    probes: tuple[ProbeWish, ...] = ()
    next_at: datetime | None = None


class Engine:
    """Args:
    state: everything that it changes.
    heard: whether what it sends reaches devices. In a replay nothing does: there only the
        commands that the stream holds can have had an echo.
    """

    def __init__(self, state: State, *, heard: bool = True) -> None:
        self.state = state
        self._heard = heard
        self._said: tuple[Commanded, ...] = ()

    def tick(
        self,
        snapshot: Snapshot,
        observations: Sequence[Observation | Commanded],
        now: Now,
        outside: Outside = NO_WORD,
    ) -> Ticked:
        """Decide, and advance everything to `now`.

        Args:
            observations: what chargers and cars said since the last tick, and commands to them
                that somebody else gave.
            outside: prices and forecasts.
        """
        state = self.state
        asked = ask(state, self._said, observations, snapshot, outside, now)
        ways, limits = state.ways, state.wishes.grid_orders
        decision = self._decide(asked, ways, snapshot, outside, now)
        targets = decision.targets
        step = self._deliver(targets, ways, snapshot, now)
        facts = self._account(snapshot, now, outside.prices)
        kept = state.grid_watch.step(limits, snapshot, state.settings, targets, now)
        journal = (*words(kept), *decision.journal)
        for action in step.changed:
            state.conclude(action)
        moved, state.unsaved = (*state.unsaved, *asked.moved, *step.changed), ()
        state.journal.extend(journal)
        turns_at = grid_orders.next_at(limits, now)
        return Ticked(
            targets=targets,
            send=step.send,
            urgent=self._urgent(moved, facts, asked, journal, kept),
            later=self._later(moved, journal),
            held=asked.fresh,
            beliefs=asked.found.beliefs,
            journal=journal,
            probes=asked.found.probes,
            next_at=min((at for at in (*asked.next_at, turns_at) if at), default=None),
        )

    def take(self, intent: Intent, snapshot: Snapshot, now: Now) -> Taken:
        """Take an Intent of a person, a bridge, or the cloud."""
        return desk.take(self.state, intent, snapshot, now)

    def met(self, snapshot: Snapshot, now: Now) -> Change:
        """A car has come that nobody knew; returns what must be written down."""
        return desk.met(self.state, snapshot, now)

    def refused(self, target: Target, sentence: str, now: Now) -> Change | None:
        """A device declined a target; returns what must be written down."""
        state = self.state
        state.ledger, done = ledger.refuse(state.ledger, target, sentence, now, state.ways)
        state.unrest = True
        if done is None:
            state.outcomes.failures[target.device] = sentence
            return None
        state.conclude(done)
        return state.change((done,))

    def unable(self, target: Target, sentence: str, now: Now) -> None:
        """A device declined what it was thought able to do: plans do without it for a while."""
        self.state.learnt = self.state.learnt.refused(target, sentence, now)

    def undelivered(self, target: Target) -> None:
        """A target never left the house, because its link was down."""
        self.state.ledger = ledger.undelivered(self.state.ledger, target)

    def written(self, held: frozenset[DeviceId]) -> None:
        """The Actions for these devices are on disk; the next tick may send their commands."""
        self.state.held -= held

    def _decide(
        self, asked: Asked, ways: Ways, snapshot: Snapshot, outside: Outside, now: Now
    ) -> Decision:
        """What each device should do; whoever asked for something hears what became of it."""
        state = self.state
        decision = decide(
            snapshot,
            state.wishes,
            state.settings,
            state.memory,
            now,
            self._orders(asked.orders, ways),
            asked.probed.caps,
            asked.planned.battery_orders,
            feed_in_unwanted=unwanted(state.settings, outside.prices, now),
        )
        state.memory = decision.memory
        state.routine.limited(asked.found.orders, decision.targets)
        state.plans.limited(asked.planned.orders, decision.targets)
        state.prober.decided(decision.targets)
        return decision

    def _deliver(
        self, targets: Mapping[DeviceId, Target], ways: Ways, snapshot: Snapshot, now: Now
    ) -> ledger.Step:
        """Judge the pending Actions, and find out what must be sent."""
        state = self.state
        waiting = {device for device, target in targets.items() if not self._may_leave(target)}
        step = ledger.step(state.ledger, targets, state.kinds, snapshot, now, waiting, ways)
        state.ledger = step.ledger
        self._said = tuple(_commanded(step.send, now)) if self._heard else ()
        return step

    def _orders(self, given: Mapping[DeviceId, Order], ways: Ways) -> dict[DeviceId, Order]:
        """What chargers are told beside people's wishes; and cars themselves what is pending."""
        state = self.state
        orders = {
            device: each
            for device, each in given.items()
            if device in state.devices and device not in ways
        }
        for device, action in state.ledger.pending.items():
            if device in ways:
                charger = state.routine.charger_of.get(device, device)
                behind = given.get(device, given.get(charger))
                orders[device] = vehicle.order(action, behind)
        return orders

    def _urgent(
        self,
        moved: tuple[Action, ...],
        facts: tuple[Session, ...],
        asked: Asked,
        journal: tuple[JournalEntry, ...],
        kept: tuple[GridEntry, ...],
    ) -> Change | None:
        found, plans = asked.found, asked.planned.plans
        if not (moved or facts or found.ended or found.beliefs or kept or plans):
            return None
        change = self.state.change(moved, journal) if moved else Change()
        if plans and not moved:  # a plan and what is remembered of it are true together
            change = Change(memory=self.state.memory_bytes())
        return replace(
            change,
            sessions=facts,
            overrides=(*(override for override, _ in found.ended), *asked.made.overrides),
            settings=self.state.rows() if kept else change.settings,
            pairing=self.state.pairing_bytes() if found.beliefs else None,
            grid_log=kept,
            plans=plans,
        )

    def _later(self, moved: tuple[Action, ...], journal: tuple[JournalEntry, ...]) -> Change | None:
        if moved or not journal:
            return None
        return Change(journal=journal, memory=self.state.memory_bytes())

    def _may_leave(self, target: Target) -> bool:
        """A command waits until its Action is on disk, unless it spares the fuse."""
        if target.device not in self.state.held:
            return True
        before = self.state.ledger.deliveries.get(target.device)
        spares = before is not None and _reduces(before.target, target)
        return target.owner is Owner.SAFETY and spares

    def _account(self, snapshot: Snapshot, now: Now, prices: Prices | None) -> tuple[Session, ...]:
        """Counters and sessions; a person's start or stop ends with the session."""
        state = self.state
        facts = state.tally.account(snapshot, now, prices, self._cars())
        for session in facts:
            wish = state.wishes.chargers.get(session.charger)
            if session.plugged_out_at is not None and wish is not None and wish.manual is not None:
                ended = replace(wish, manual=None)
                state.wishes = state.wishes.with_charger(session.charger, ended)
        return facts

    def _cars(self) -> Mapping[DeviceId, DeviceId | None]:
        """The cars on chargers where something hangs, as far as they are known."""
        running = self.state.tally.sessions
        taken_for = {charger: session.vehicle for charger, session in running.items()}
        return cars_on(self.state.routine.pairing, taken_for)


def _commanded(sent: Iterable[Target], now: Now) -> Iterator[Commanded]:
    """Commands of ours, as evidence for pairing."""
    for target in sent:
        match target:
            case ChargerTarget(device=device, charging=True, max_current_a=amps) if amps:
                yield Commanded(device=device, seen=now, command="LIMIT", value=amps)
            case ChargerTarget(device=device) | VehicleTarget(device=device):
                word: Literal["START", "STOP"] = "START" if target.charging else "STOP"
                yield Commanded(device=device, seen=now, command=word)
            case _:
                pass


def _reduces(before: Target, after: Target) -> bool:
    """Whether a charger draws less with `after` than with `before`."""
    if not isinstance(before, ChargerTarget) or not isinstance(after, ChargerTarget):
        return False
    return before.charging and (
        not after.charging or (after.max_current_a or 0.0) < (before.max_current_a or 0.0)
    )

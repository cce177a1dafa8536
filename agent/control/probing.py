"""Where probes of chargers meet the rest of control: their Actions, and what the house looks like.
No I/O, reads no clock. What is allowed and when it ends: agent/plan/probe.py."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from agent import ledger
from agent.control.routine import Found
from agent.ledger import Request
from agent.ledger.create import Created
from agent.model.actions import Action, ActionKind, ActionState, Failure, FailureType, RequestedBy
from agent.model.clock import Now
from agent.model.intents import AskProbe
from agent.model.nothing import nothing
from agent.model.pairs import Commanded, Observation
from agent.model.readings import DeviceId, DeviceKind
from agent.model.schedules import ScheduleState
from agent.model.snapshot import Snapshot
from agent.model.targets import ReasonCode, Target
from agent.model.wishes import Order
from agent.plan import intervals, probe
from agent.plan.intervals import Word, Words
from agent.plan.probe import Begin, Ended, ProbeMemory, ProbeView

if TYPE_CHECKING:
    from agent.control.state import State

MOST_S: Final = 1800.0
"""No probe lasts longer, whatever happens."""

ASKED_WITHIN: Final = timedelta(minutes=30)
JUST: Final = timedelta(minutes=10)
RESTARTED: Final = "Hearth was started anew"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """Args:
    moved: Actions that began or ended.
    held: the charger whose command waits until that is on disk.
    caps: what chargers may draw at the most.
    """

    moved: tuple[Action, ...] = ()
    held: frozenset[DeviceId] = frozenset()
    caps: Mapping[DeviceId, Order] = field(default_factory=nothing)
    next_at: datetime | None = None


class Prober:
    """
    Attributes:
        memory: what probes remember.
        questions: per charger what a person is asked to allow.
    """

    def __init__(self, tree: Mapping[str, Any]) -> None:
        self.memory = ProbeMemory.from_json(tree)
        self.questions: Mapping[DeviceId, str] = nothing()
        self._targets: Mapping[DeviceId, Target] = nothing()
        self._orders: Mapping[DeviceId, Order] = nothing()
        self._edges: tuple[datetime, ...] = ()
        self._words: dict[DeviceId, Words] = {}

    def hear(self, said: Iterable[Observation | Commanded], cars: Mapping[DeviceId, Any]) -> None:
        """Measure how often cars tell of themselves."""
        for each in said:
            if isinstance(each, Observation) and each.device in cars:
                late_s = max(0.0, (each.seen.at - each.at).total_seconds())
                word = Word(each.seen.mono_s - late_s, each.seen.mono_s)
                before = self._words.get(each.device, ())
                self._words[each.device] = intervals.heard(before, word)

    def decided(self, targets: Mapping[DeviceId, Target]) -> None:
        """What this tick came to."""
        self._targets = targets

    def step(self, state: "State", found: Found, snapshot: Snapshot, now: Now) -> Probed:
        """Advance by one tick; begins and ends the Actions of probes."""
        self._orders = found.orders
        self._note_edges(state, now)
        moved = _left_over(state, self.memory, now)
        idle = self.memory.running is None and not (found.probes or self.memory.wishes)
        if idle and not self.memory.spent:
            return Probed(moved=moved)
        view = self._view(state, snapshot, now)
        done = probe.step(self.memory, found.probes, view, now)
        self.memory, self.questions = done.memory, done.questions
        if done.ended is not None:
            moved += _end(state, done.ended, now)
        held: frozenset[DeviceId] = frozenset()
        if done.begin is not None:
            made = self._file(state, done.begin, RequestedBy.PAIRING, None, snapshot, now)
            moved += made.changed
            held = frozenset({done.begin.wish.charger})
        return Probed(moved=moved, held=held, caps=probe.cap(self.memory), next_at=done.next_at)

    def _note_edges(self, state: "State", now: Now) -> None:
        """When schedules turn, and when they have just turned."""
        ahead = {t.at for each in state.routine.statuses.values() for t in each.transitions}
        behind = {at for at in self._edges if now.at - JUST < at <= now.at}
        if ahead or behind or self._edges:
            self._edges = tuple(sorted(ahead | behind))

    def _intervals_s(self, now: Now) -> Iterator[tuple[DeviceId, float]]:
        for car, words in self._words.items():
            interval_s = intervals.interval_s(words, now.mono_s)
            if interval_s is not None:
                yield car, interval_s

    def ask(self, state: "State", intent: AskProbe, snapshot: Snapshot, now: Now) -> Created:
        """A person wants a probe.

        Raises:
            Never: why there must be none, or that there is nothing to find out.
        """
        begin = probe.ask(self.memory, intent.device, self._view(state, snapshot, now), now)
        return self._file(state, begin, intent.requested_by, intent.request_id, snapshot, now)

    def interrupt(self, state: "State", now: Now) -> tuple[Action, ...]:
        """A person pressed something; the probe under way is over."""
        running = self.memory.running
        if running is None:
            return ()
        why = "somebody asked for something else"
        done = state.cancel(running.action_id, why, now)
        state.unrest = True
        return () if done is None else (done,)

    def _file(
        self,
        state: "State",
        begin: Begin,
        requested_by: RequestedBy,
        request_id: str | None,
        snapshot: Snapshot,
        now: Now,
    ) -> Created:
        request = Request(
            id=state.new_id(),
            device=state.devices[begin.wish.charger],
            kind=ActionKind.PROBE,
            value=begin.way.to_a,
            requested_by=requested_by,
            request_id=request_id,
            window_s=MOST_S,
        )
        made = state.file(request, snapshot, now)
        pending = made.action is not None and made.action.pending
        name = made.action.id if made.action is not None and pending else None
        view = self._view(state, snapshot, now)
        self.memory = probe.began(self.memory, begin, name, view, now)
        return made

    def _view(self, state: "State", snapshot: Snapshot, now: Now) -> ProbeView:
        pairing = state.routine.pairing
        pending = state.ledger.pending.values()
        probes = frozenset(a.id for a in pending if a.kind is ActionKind.PROBE)
        others = [a for a in pending if a.kind is not ActionKind.PROBE]
        return ProbeView(
            mode=pairing.settings.mode,
            policy=pairing.settings.probe,
            settings=state.settings,
            snapshot=snapshot,
            cars=pairing.settings.cars,
            limits=state.memory.chargers,
            targets=self._targets,
            sessions={charger: each.id for charger, each in state.tally.sessions.items()},
            beliefs=pairing.beliefs,
            busy=frozenset(d for a in others for d in (a.device, a.device_commanded)),
            orders=self._orders,
            asked=dict(_asked(state, now)),
            manual=frozenset(d for d, w in state.wishes.chargers.items() if w.manual is not None),
            edges=self._edges,
            intervals_s=dict(self._intervals_s(now)),
            pending=probes,
            followed=frozenset(
                device
                for device, sent in state.ledger.deliveries.items()
                if sent.proven and sent.target.reason.code is ReasonCode.PAIR_PROBE
            ),
        )


def _asked(state: "State", now: Now) -> Iterator[tuple[DeviceId, str]]:
    """Cars about which a decision waits until their charger is known, each with the sentence."""
    for name, status in state.routine.statuses.items():
        schedule = state.routine.papers.schedules.get(name)
        if schedule is None or schedule.target_kind is not DeviceKind.VEHICLE:
            continue
        if status.state is ScheduleState.INCAPABLE:
            called = schedule.name or schedule.id
            yield (
                schedule.target,
                f'the schedule "{called}" waits to know where {_name(state, schedule.target)} is',
            )
    for action in (*state.ledger.pending.values(), *state.ledger.last.values()):
        car = action.device
        if action.device_kind is not DeviceKind.VEHICLE or car in state.routine.charger_of:
            continue
        failure = action.failure
        lost = failure is not None and failure.type is FailureType.FAILED_PRECONDITION
        recent = now.at - action.created_at < ASKED_WITHIN
        if action.pending or (lost and recent):
            called = _name(state, car)
            yield car, f"somebody asked {called} to charge or to stop, and its charger is not known"


def _name(state: "State", device: DeviceId) -> str:
    info = state.devices.get(device)
    return device if info is None else info.name


def _end(state: "State", ended: Ended, now: Now) -> tuple[Action, ...]:
    state.ledger, done = ledger.conclude(
        state.ledger, ended.action_id, ended.state, ended.failure, now
    )
    if done is None:
        return ()
    state.conclude(done)
    return (done,)


def _left_over(state: "State", memory: ProbeMemory, now: Now) -> tuple[Action, ...]:
    """Probes that were under way when Hearth stopped: they are over, and their charger goes back
    to what it should do."""
    mine = None if memory.running is None else memory.running.action_id
    gone = [
        Ended(
            action_id=action.id,
            state=ActionState.CANCELLED,
            failure=Failure(type=FailureType.REQUESTED_CANCELLATION, detail=RESTARTED),
        )
        for action in state.ledger.pending.values()
        if action.kind is ActionKind.PROBE and action.id != mine
    ]
    return tuple(action for each in gone for action in _end(state, each, now))

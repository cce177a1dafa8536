"""Everything that a tick and an Intent change, without I/O and without a clock of its own.

The living house (control.py) and a replay run the same engine: it is given Snapshots, Intents and
`now`, and gives Targets to send and Changes to write down. Same input, same output.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import orjson

from agent import ledger
from agent.control import people
from agent.control.outcomes import Outcomes, say
from agent.control.tally import Tally
from agent.model.actions import Action, ActionState, Failure, FailureType
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.intents import Answer, CancelAction, DeviceIntent, Intent
from agent.model.nothing import nothing
from agent.model.picture import JournalEntry, Session
from agent.model.readings import DeviceId
from agent.model.snapshot import Snapshot
from agent.model.targets import ChargerTarget, Owner, Target
from agent.model.wishes import Wishes
from agent.plan import Memory, PlanSettings, decide
from agent.store import Change, Persisted

JOURNAL_KEEP = 50
OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """What one tick brought.

    Args:
        targets: what each device should do now; `send` those that must leave now, in order.
        urgent: facts to be on disk at once, together; `later` may wait for the next commit.
    """

    targets: Mapping[DeviceId, Target] = field(default_factory=nothing)
    send: tuple[Target, ...] = ()
    urgent: Change | None = None
    later: Change | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of an Intent.

    Args:
        change: to be on disk before the answer is given; None = nothing changed.
        held: the device whose command must wait for that.
    """

    answer: Answer
    change: Change | None = None
    held: DeviceId | None = None


class Engine:
    """Holds what only ticks and Intents may change.

    Args:
        boot: which boot of the machine the monotonic instants belong to.
        new_id: makes the ids of Actions.

    Attributes:
        held: devices whose commands wait for the disk.
        unrest: something changed that the next tick should look at, at once.
    """

    def __init__(
        self,
        *,
        settings: PlanSettings,
        wishes: Wishes,
        persisted: Persisted,
        now: Now,
        boot: str,
        new_id: Callable[[], str],
    ) -> None:
        self._settings, self._boot, self._new_id = settings, boot, new_id
        self._devices = {d.id: d for d in settings.devices}
        self._kinds = {d.id: d.kind for d in settings.devices}
        self.wishes = people.from_settings(dict(persisted.settings), wishes)
        self._memory = _read_memory(persisted.memory, boot)
        self.ledger, self._unsaved = ledger.restore(
            persisted.pending, tuple(persisted.finished.values()), self._kinds, now, boot
        )
        self.tally = Tally(settings, persisted)
        self.outcomes = Outcomes()
        self.journal = deque(persisted.journal, maxlen=JOURNAL_KEEP)
        self.held: set[DeviceId] = set()
        self.unrest = False

    def tick(self, snapshot: Snapshot, now: Now) -> Ticked:
        """Decide, and advance everything to `now`."""
        decision = decide(snapshot, self.wishes, self._settings, self._memory, now)
        self._memory = decision.memory
        targets = decision.targets
        waiting = {device for device, target in targets.items() if not self._may_leave(target)}
        step = ledger.step(self.ledger, targets, self._kinds, snapshot, now, waiting)
        self.ledger = step.ledger
        facts = self._account(snapshot, now)
        for action in step.changed:
            self._conclude(action)
        moved, self._unsaved = (*self._unsaved, *step.changed), ()
        self.journal.extend(decision.journal)
        urgent, later = Change(sessions=facts), Change()
        if moved:
            urgent = replace(self.change(moved, decision.journal), sessions=facts)
        elif decision.journal:
            later = Change(journal=decision.journal, memory=self.memory_bytes())
        return Ticked(
            targets=targets,
            send=step.send,
            urgent=urgent if facts or moved else None,
            later=later if decision.journal and not moved else None,
        )

    def take(self, intent: Intent, snapshot: Snapshot, now: Now) -> Taken:
        """Take an Intent of a person, a bridge, or a schedule."""
        if isinstance(intent, CancelAction):
            return self._cancel(intent, now)
        if not isinstance(intent, DeviceIntent):
            return Taken(
                answer=Answer(problem=f"{type(intent).__name__} is not understood", status=400)
            )
        device = self._devices.get(intent.device)
        if device is None:
            known = ", ".join(self._devices) or "none"
            problem = f"no device is called {intent.device}; known: {known}"
            return Taken(answer=Answer(problem=problem, status=404))
        try:
            meaning = people.read(intent, device, self.wishes, self._new_id())
        except people.NotPossible as error:
            return Taken(answer=Answer(problem=str(error), status=400))
        if meaning.request is None:
            self.wishes = meaning.wishes
            change = Change(settings=people.to_settings(self.wishes))
            return Taken(answer=Answer(), change=change)
        return self._act(device, meaning, now, snapshot)

    def refused(self, target: Target, sentence: str, now: Now) -> Change | None:
        """A device declined a target; returns what must be written down."""
        self.ledger, done = ledger.refuse(self.ledger, target, sentence, now)
        self.unrest = True
        if done is None:
            self.outcomes.failures[target.device] = sentence
            return None
        self._conclude(done)
        return self.change((done,))

    def change(self, actions: tuple[Action, ...], journal: tuple[JournalEntry, ...] = ()) -> Change:
        """Actions that moved, with all that must be true together with them."""
        return Change(
            actions=actions,
            journal=journal,
            memory=self.memory_bytes(),
            settings=people.to_settings(self.wishes),
        )

    def memory_bytes(self) -> bytes:
        """What planners remember, for the disk."""
        return orjson.dumps({"boot_id": self._boot, **self._memory.to_json()})

    def _may_leave(self, target: Target) -> bool:
        """A command waits until its person's Action is on disk, unless it spares the fuse."""
        if target.device not in self.held:
            return True
        before = self.ledger.deliveries.get(target.device)
        spares = before is not None and _reduces(before.target, target)
        return target.owner is Owner.SAFETY and spares

    def _account(self, snapshot: Snapshot, now: Now) -> tuple[Session, ...]:
        """Counters and sessions; a person's start or stop ends with the session."""
        facts = self.tally.account(snapshot, now)
        for session in facts:
            wish = self.wishes.chargers.get(session.charger)
            if session.plugged_out_at is not None and wish is not None and wish.manual is not None:
                self.wishes = self.wishes.with_charger(session.charger, replace(wish, manual=None))
        return facts

    def _conclude(self, action: Action) -> None:
        """An action ended or was tried again; a wish that failed is taken back."""
        wishes = self.outcomes.ended(action, self.wishes)
        if wishes is not self.wishes:
            self.wishes = wishes
            self.unrest = True

    def _act(
        self, device: DeviceInfo, meaning: people.Meaning, now: Now, snapshot: Snapshot
    ) -> Taken:
        assert meaning.request is not None  # noqa: S101 the caller has looked
        before = self.wishes
        made = ledger.create(self.ledger, meaning.request, snapshot, now, self._boot)
        self.ledger = made.ledger
        failure = made.action.failure if made.action is not None else None
        if made.status == OK or (failure and failure.type is FailureType.UNNECESSARY):
            self.wishes = meaning.wishes  # "already so" still means "keep it so"
        for action in made.changed:
            if action.pending:
                self.outcomes.began(action, before)
            elif made.action is None or action.id != made.action.id:
                self._conclude(action)
            elif failure is not None and failure.type is not FailureType.UNNECESSARY:
                self.outcomes.failures[device.id] = f"{say(action)}: {failure.detail}"
        answer = Answer(action=made.action, problem=made.problem, status=made.status)
        return Taken(answer=answer, change=self.change(made.changed), held=device.id)

    def _cancel(self, intent: CancelAction, now: Now) -> Taken:
        why = Failure(
            type=FailureType.REQUESTED_CANCELLATION, detail=f"cancelled by {intent.requested_by}"
        )
        self.ledger, done = ledger.cancel(self.ledger, intent.action_id, why, now)
        if done is not None:
            self._conclude(done)
            return Taken(answer=Answer(action=done), change=self.change((done,)))
        for old in self.ledger.last.values():
            if old.id == intent.action_id:
                over = old.state is ActionState.CANCELLED
                problem = None if over else f"that action is {old.state} already"
                answer = Answer(action=old, problem=problem, status=200 if over else 409)
                return Taken(answer=answer)
        problem = f"no action has the id {intent.action_id}"
        return Taken(answer=Answer(problem=problem, status=404))


def _read_memory(blob: bytes | None, boot: str) -> Memory:
    if blob is None:
        return Memory()
    tree = orjson.loads(blob)
    return Memory.from_json(tree, same_boot=tree.get("boot_id") == boot)


def _reduces(before: Target, after: Target) -> bool:
    """Whether a charger draws less with `after` than with `before`."""
    if not isinstance(before, ChargerTarget) or not isinstance(after, ChargerTarget):
        return False
    return before.charging and (
        not after.charging or (after.max_current_a or 0.0) < (before.max_current_a or 0.0)
    )

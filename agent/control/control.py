"""Control: one tick whenever the house or the wishes change, and at least every 10 s.

A tick freezes the house, decides, moves the ledger, writes what must be on disk, hands changed
targets to the outlets, and publishes a Picture. Rules:
1. What reduces a load for safety leaves before the disk is asked; a person's Action is on disk
   before its first command leaves.
2. Ticks and Intents change what is held here without waiting for anything in between, and hand
   changes to the store in the order in which they happened; no tick ever waits for the disk.
3. A broken disk does not stop control.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

import orjson

from agent import ledger
from agent.clock import boot_id
from agent.control import people
from agent.control.bookkeeper import Bookkeeper
from agent.control.outcomes import Outcomes, say
from agent.control.outlet import Latencies, Outlet
from agent.house import House
from agent.model.actions import Action, ActionState, Failure, FailureType
from agent.model.clock import Clock, Now
from agent.model.driver import DeviceInfo, Driver
from agent.model.intents import Answer, CancelAction, DeviceIntent, Intent
from agent.model.picture import JournalEntry, Picture
from agent.model.readings import DeviceId
from agent.model.snapshot import Snapshot
from agent.model.targets import ChargerTarget, Owner, Target
from agent.model.wishes import Wishes
from agent.plan import Decision, Memory, PlanSettings, decide
from agent.store import Change, Persisted, Store, StoreFull
from agent.supervise import tell_systemd
from agent.watched import Watched

log = logging.getLogger(__name__)

TICK_S = 10.0
JOURNAL_KEEP = 50
WATCHDOG_S = 5.0
OK = 200


class Control:
    """Holds what only the tick may change."""

    def __init__(
        self,
        *,
        house: House,
        store: Store,
        clock: Clock,
        settings: PlanSettings,
        wishes: Wishes,
        drivers: Mapping[DeviceId, Driver],
        persisted: Persisted,
    ) -> None:
        now = clock.now()
        self._house, self._store, self._clock = house, store, clock
        self._settings = settings
        self._devices = {d.id: d for d in settings.devices}
        self._kinds = {d.id: d.kind for d in settings.devices}
        self._boot_id = boot_id()
        self._wishes = people.from_settings(dict(persisted.settings), wishes)
        self._memory = _read_memory(persisted.memory, self._boot_id)
        self._ledger, gone = ledger.restore(
            persisted.pending,
            tuple(persisted.finished.values()),
            self._kinds,
            now,
            self._boot_id,
        )
        self._unsaved: tuple[Action, ...] = gone
        self.bookkeeper = Bookkeeper(store, clock, settings, persisted)
        self.outcomes = Outcomes()
        self._journal = deque(persisted.journal, maxlen=JOURNAL_KEEP)
        self._driver_states: dict[str, str] = {}
        self._held: set[DeviceId] = set()
        self._disk_wanted = asyncio.Event()
        self._petted_s = float("-inf")
        self.latencies = Latencies()
        self.outlets = {
            device: Outlet(device, drivers[device], self._refused, self.latencies)
            for device in self._devices
            if device in drivers
        }
        self.pictures: Watched[Picture] = Watched(
            Picture(now=now, devices=settings.devices, started_at=now.at)
        )

    async def run(self) -> None:
        """Tick for ever; vital: the first exception ends Hearth."""
        while True:
            await self._house.news.wait()
            self._house.news.clear()
            await asyncio.sleep(0)  # a burst of Readings becomes one tick
            self.tick()

    async def heartbeat(self) -> None:
        """See to it that time alone leads to a tick."""
        while True:
            self._house.news.set()
            await self._clock.sleep(TICK_S)

    async def submit(self, intent: Intent) -> Answer:
        """Take an Intent from a person or a bridge; its outcome shows in later Pictures."""
        answer = await self._take(intent)
        self._house.news.set()
        return answer

    def driver_state(self, name: str, state: str) -> None:
        """A link went up or down; `state` is "up" or why not."""
        self._driver_states[name] = state
        self._house.news.set()

    def tick(self) -> None:
        """Look, decide, act; waits for nothing."""
        news_at_s, self._house.news_at_s = self._house.news_at_s, None
        now, snapshot = self._clock.now(), self._house.now.value
        decision = decide(snapshot, self._wishes, self._settings, self._memory, now)
        self._memory = decision.memory
        targets = decision.targets
        waiting = {device for device, target in targets.items() if not self._may_leave(target)}
        step = ledger.step(self._ledger, targets, self._kinds, snapshot, now, waiting)
        self._ledger = step.ledger
        for target in step.send:
            if target.device in self.outlets:
                self.outlets[target.device].offer(target, news_at_s)
        self._account(snapshot, now)
        for action in step.changed:
            self._conclude(action)
        self._note((*self._unsaved, *step.changed), decision.journal)
        self._publish(now, snapshot, decision)
        self._pet()

    def _may_leave(self, target: Target) -> bool:
        """A command waits until its person's Action is on disk, unless it spares the fuse."""
        if target.device not in self._held:
            return True
        before = self._ledger.deliveries.get(target.device)
        spares = before is not None and _reduces(before.target, target)
        return target.owner is Owner.SAFETY and spares

    async def write(self) -> None:
        """Put what ticks noted on disk at once, for ever; vital."""
        while True:
            await self._disk_wanted.wait()
            self._disk_wanted.clear()
            await self._store.flush()

    def _account(self, snapshot: Snapshot, now: Now) -> None:
        """Counters and sessions; a person's start or stop ends with the session."""
        facts = self.bookkeeper.account(snapshot, now)
        for session in facts:
            wish = self._wishes.chargers.get(session.charger)
            if session.plugged_out_at is not None and wish is not None and wish.manual is not None:
                ended = replace(wish, manual=None)
                self._wishes = self._wishes.with_charger(session.charger, ended)
        if facts:
            self._store.defer(Change(sessions=facts))
            self._disk_wanted.set()

    def _note(self, actions: tuple[Action, ...], journal: tuple[JournalEntry, ...] = ()) -> None:
        """Hand changes to the store; Actions go to disk at once, a change of decision may wait."""
        for entry in journal:
            self._journal.append(entry)
            log.info("%s: %s", entry.device, entry.reason.sentence)
        self._unsaved = ()
        if actions:
            self._store.defer(self._change(actions, journal))
            self._disk_wanted.set()
        elif journal:
            self._store.defer(Change(journal=journal, memory=self.memory_bytes()))

    def _change(
        self, actions: tuple[Action, ...], journal: tuple[JournalEntry, ...] = ()
    ) -> Change:
        return Change(
            actions=actions,
            journal=journal,
            memory=self.memory_bytes(),
            settings=people.to_settings(self._wishes),
        )

    async def _save(self, change: Change) -> None:
        try:
            await self._store.save(change)
        except StoreFull as error:
            log.warning("%s", error)

    def memory_bytes(self) -> bytes:
        return orjson.dumps({"boot_id": self._boot_id, **self._memory.to_json()})

    def _conclude(self, action: Action) -> None:
        """An action ended or was tried again; a wish that failed is taken back."""
        wishes = self.outcomes.ended(action, self._wishes)
        if wishes is not self._wishes:
            self._wishes = wishes
            self._house.news.set()

    async def _take(self, intent: Intent) -> Answer:
        now, snapshot = self._clock.now(), self._house.now.value
        if isinstance(intent, CancelAction):
            return await self._cancel(intent, now)
        if not isinstance(intent, DeviceIntent):
            return Answer(problem=f"{type(intent).__name__} is not understood", status=400)
        device = self._devices.get(intent.device)
        if device is None:
            known = ", ".join(self._devices) or "none"
            return Answer(
                problem=f"no device is called {intent.device}; known: {known}", status=404
            )
        try:
            meaning = people.read(intent, device, self._wishes, str(uuid4()))
        except people.NotPossible as error:
            return Answer(problem=str(error), status=400)
        if meaning.request is None:
            self._wishes = meaning.wishes
            await self._save(Change(settings=people.to_settings(self._wishes)))
            return Answer()
        return await self._act(device, meaning, now, snapshot)

    async def _act(
        self,
        device: DeviceInfo,
        meaning: people.Meaning,
        now: Now,
        snapshot: Snapshot,
    ) -> Answer:
        assert meaning.request is not None  # noqa: S101 the caller has looked
        before = self._wishes
        made = ledger.create(self._ledger, meaning.request, snapshot, now, self._boot_id)
        self._ledger = made.ledger
        failure = made.action.failure if made.action is not None else None
        if made.status == OK or (failure and failure.type is FailureType.UNNECESSARY):
            self._wishes = meaning.wishes  # "already so" still means "keep it so"
        for action in made.changed:
            if action.pending:
                self.outcomes.began(action, before)
            elif made.action is None or action.id != made.action.id:
                self._conclude(action)
            elif failure is not None and failure.type is not FailureType.UNNECESSARY:
                self.outcomes.failures[device.id] = f"{say(action)}: {failure.detail}"
        self._held.add(device.id)
        try:
            await self._save(self._change(made.changed))
        finally:
            self._held.discard(device.id)
        return Answer(action=made.action, problem=made.problem, status=made.status)

    async def _cancel(self, intent: CancelAction, now: Now) -> Answer:
        why = Failure(
            type=FailureType.REQUESTED_CANCELLATION, detail=f"cancelled by {intent.requested_by}"
        )
        self._ledger, done = ledger.cancel(self._ledger, intent.action_id, why, now)
        if done is not None:
            self._conclude(done)
            await self._save(self._change((done,)))
            return Answer(action=done)
        for old in self._ledger.last.values():
            if old.id == intent.action_id:
                over = old.state is ActionState.CANCELLED
                problem = None if over else f"that action is {old.state} already"
                return Answer(action=old, problem=problem, status=200 if over else 409)
        return Answer(problem=f"no action has the id {intent.action_id}", status=404)

    async def _refused(self, target: Target, sentence: str) -> None:
        self._ledger, done = ledger.refuse(self._ledger, target, sentence, self._clock.now())
        if done is None:
            log.warning("%s declined: %s", target.device, sentence)
            self.outcomes.failures[target.device] = sentence
        else:
            self._conclude(done)
            self._note((done,))
        self._house.news.set()

    def _publish(self, now: Now, snapshot: Snapshot, decision: Decision) -> None:
        totals, counters_wh = self.bookkeeper.shown()
        self.pictures.set(
            Picture(
                now=now,
                devices=self._settings.devices,
                snapshot=snapshot,
                targets=decision.targets,
                actions=(*self._ledger.pending.values(), *self._ledger.last.values()),
                modes={d: w.mode for d, w in self._wishes.chargers.items()},
                limits_a={
                    d: self._devices[d].max_current_a if w.limit_a is None else w.limit_a
                    for d, w in self._wishes.chargers.items()
                },
                sessions=self.bookkeeper.sessions,
                totals=totals,
                counters_wh=counters_wh,
                last_failure=dict(self.outcomes.failures),
                drivers=dict(self._driver_states),
                journal=tuple(self._journal),
                started_at=self.pictures.value.started_at,
                store_problem=self._store.problem,
                samples_dropped=self._store.samples_dropped,
            )
        )

    def _pet(self) -> None:
        if time.monotonic() - self._petted_s >= WATCHDOG_S:
            self._petted_s = time.monotonic()
            tell_systemd("WATCHDOG=1")


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

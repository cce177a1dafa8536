"""A house of one charger under schedules: the real planners and the real ledger, and a charger that
follows what it is told a moment later."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent import ledger
from agent.model.actions import Action, ActionKind, ActionState, Failure, FailureType, RequestedBy
from agent.model.clock import Now
from agent.model.intents import ChargerMode
from agent.model.readings import DeviceId, DeviceKind, PowerDelivery, Reading, VehicleReading
from agent.model.schedules import Location, Override, Rule, Schedule, ScheduleState
from agent.model.snapshot import Seen, fold
from agent.model.targets import ChargerTarget, ReasonCode, Target
from agent.model.wishes import ChargerWish, Order, Wishes
from agent.plan import Memory, decide, overrides
from agent.plan.schedules import ScheduleMemory, Step, View, step
from agent.plan.settings import ChargerSettings, PlanSettings
from tests.unit.house import GARAGE, charger, info

OSLO = "Europe/Oslo"
HOME = Location(id="home", name="Home", timezone=OSLO)
EVENING = datetime(2026, 6, 10, 18, tzinfo=UTC)  # 20:00 in Oslo
CAR = DeviceId("zoe")
BOOT = "boot"
IDS = (GARAGE, CAR)


def night(
    start: int = 22 * 60, end: int = 6 * 60, *, charge: bool = True, **more: object
) -> Schedule:
    """Charge, or hold, at night and the opposite by day."""
    rule = Rule(should_charge=charge, from_minute=start, to_minute=end)
    given: dict[str, object] = {
        "id": "night", "name": "Night", "target": GARAGE, "target_kind": DeviceKind.CHARGER,
        "default_should_charge": not charge, "rules": (rule,),
    }  # fmt: skip
    return Schedule(**(given | more))  # type: ignore[arg-type]


class World:
    """
    Attributes:
        deaf: the charger understands and does nothing.
        sent: what the charger was told, with the instant.
    """

    def __init__(self, *schedules: Schedule, at: datetime = EVENING) -> None:
        self.now = Now(at=at, mono_s=5000.0)
        self.schedules = {each.id: each for each in schedules}
        self.locations: Mapping[str, Location] = {"home": HOME}
        self.where: dict[DeviceId, str | None] = {}
        self.charger_of: dict[DeviceId, DeviceId] = {}
        self.startable = frozenset[DeviceId]()
        self.snapshot: dict[DeviceId, Seen[Reading]] = {}
        self.memory, self.plan_memory = ScheduleMemory(), Memory()
        self.running: overrides.Running = {}
        self.book = ledger.Ledger()
        self.actions: list[Action] = []
        self.wishes = Wishes(chargers={GARAGE: ChargerWish(mode=ChargerMode.FAST)})
        self.held_back = frozenset[DeviceId]()
        self.state = PowerDelivery.UNPLUGGED
        self.car: VehicleReading | None = None
        self.limit_a: float | None = None
        self.deaf = self.silent = False
        self.sent: list[tuple[datetime, bool]] = []
        self.ended: list[tuple[Override, str]] = []
        self.last = Step(memory=self.memory)
        self.orders: dict[DeviceId, Order] = {}
        self.tick()

    @property
    def charging(self) -> bool:
        return self.state is PowerDelivery.CHARGING

    @property
    def status(self) -> ScheduleState:
        return self.last.statuses["night"].state

    def view(self) -> View:
        requested: dict[DeviceId, Action] = {}
        for action in self.actions:
            if action.requested_by is RequestedBy.SCHEDULE:
                requested[action.device] = action
        return View(
            snapshot=self.snapshot, home="home", locations=self.locations, where=self.where,
            charger_of=self.charger_of, startable=self.startable, requested=requested,
            overrides=overrides.covering(self.running, self.charger_of),
            pending=self.book.pending, held_back=self.held_back,
        )  # fmt: skip

    def tick(self) -> None:
        self._report()
        by_id = {each.id: each for each in self.actions}
        forced = overrides.step(
            self.running, self.snapshot, self.charger_of, self.startable, by_id, self.now
        )
        self.running = forced.running
        self.ended += forced.ended
        self.last = step(self.schedules, self.view(), self.memory, self.now)
        self.memory = self.last.memory
        for action_id, why in self.last.released.items():
            self.cancel(action_id, why)
        for wanted in self.last.wanted:
            self.act(wanted.device, wanted.kind, RequestedBy.SCHEDULE, wanted.steered)
        self.orders = {**self.last.orders, **forced.orders}
        self._deliver()

    def _deliver(self) -> None:
        devices = tuple(info(name, kind) for name, kind in self.kinds().items())
        settings = PlanSettings(devices=devices, chargers={GARAGE: ChargerSettings()})
        made = decide(self.snapshot, self.wishes, settings, self.plan_memory, self.now, self.orders)
        self.plan_memory = made.memory
        ways = {v: (info(c, DeviceKind.CHARGER),) for v, c in self.charger_of.items()}
        done = ledger.step(
            self.book, made.targets, self.kinds(), self.snapshot, self.now, ways=ways
        )
        self.book = done.ledger
        for action in done.changed:
            self._note(action)
        for target in done.send:
            self._follow(target)

    def kinds(self) -> dict[DeviceId, DeviceKind]:
        return {GARAGE: DeviceKind.CHARGER, CAR: DeviceKind.VEHICLE}

    def act(
        self,
        device: DeviceId,
        kind: ActionKind,
        by: RequestedBy,
        steered: DeviceId | None = None,
        value: float | None = None,
    ) -> Action:
        told = None if steered in (None, device) else info(GARAGE, DeviceKind.CHARGER)
        request = ledger.Request(
            id=f"action {len(self.actions)}", device=info(device, self.kinds()[device]),
            kind=kind, requested_by=by, commanded=told, value=value,
        )  # fmt: skip
        made = ledger.create(self.book, request, self.snapshot, self.now, BOOT)
        self.book = made.ledger
        for action in made.changed:
            self._note(action)
        assert made.action is not None
        return made.action

    def cancel(self, action_id: str, why: str) -> None:
        failure = Failure(type=FailureType.REQUESTED_CANCELLATION, detail=why)
        self.book, done = ledger.cancel(self.book, action_id, failure, self.now)
        if done is not None:
            self._note(done)

    def _note(self, action: Action) -> None:
        self.actions = [each for each in self.actions if each.id != action.id] + [action]
        self.actions.sort(key=lambda each: int(each.id.split()[1]))

    def _follow(self, target: Target) -> None:
        assert isinstance(target, ChargerTarget)
        self.sent.append((self.now.at, target.charging))
        self.limit_a = target.max_current_a
        if self.deaf or not self.state.plugged_in or self.state is PowerDelivery.NO_POWER:
            return
        self.state = PowerDelivery.CHARGING if target.charging else PowerDelivery.STOPPED

    def _report(self) -> None:
        if self.silent:
            gone = replace(
                charger(self.now, PowerDelivery.UNKNOWN), power_delivery=None, reachable=False
            )
            self.snapshot[GARAGE] = fold(self.snapshot.get(GARAGE), gone)
            return
        said = charger(self.now, self.state, reachable=True, max_current_a=self.limit_a)
        self.snapshot[GARAGE] = fold(self.snapshot.get(GARAGE), said)
        if self.car is not None:
            said_of_car = replace(self.car, at=self.now.at, mono_s=self.now.mono_s)
            self.snapshot[CAR] = fold(self.snapshot.get(CAR), said_of_car)

    def run(self, seconds: float, step_s: float = 10.0) -> None:
        """Let time pass: a tick every `step_s`, and when the schedules ask for one."""
        end_s = self.now.mono_s + seconds
        while self.now.mono_s < end_s:
            pause_s = min(step_s, end_s - self.now.mono_s)
            if self.last.next_at is not None:
                pause_s = min(pause_s, (self.last.next_at - self.now.at).total_seconds())
            self.now = self.now.later(max(0.5, pause_s))
            self.tick()

    def until(self, clock: str, step_s: float = 60.0) -> None:
        """Run to the next time of day in Oslo."""
        hour, _, minute = clock.partition(":")
        local = self.now.at + timedelta(hours=2)
        wanted = local.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
        while wanted <= local:
            wanted += timedelta(days=1)
        self.run((wanted - local).total_seconds(), step_s)

    def plug(self, state: PowerDelivery = PowerDelivery.STOPPED) -> None:
        self.state = state
        self.tick()

    def press(self, *, start: bool) -> None:
        """A person at the charger or in the car."""
        self.state = PowerDelivery.CHARGING if start else PowerDelivery.STOPPED
        self.now = self.now.later(1)
        self.tick()

    def edit(self, schedule: Schedule) -> None:
        self.schedules = {**self.schedules, schedule.id: schedule}
        self.tick()

    def restart(self, *, same_boot: bool = True) -> None:
        """Everything but what is on disk is forgotten."""
        tree = self.memory.to_json()
        if not same_boot:
            self.now = Now(at=self.now.at + timedelta(seconds=90), mono_s=50.0)
        self.memory = ScheduleMemory.from_json(
            tree, same_boot=same_boot, now_mono_s=self.now.mono_s
        )
        self.running = overrides.resume(self.running.values(), self.now)
        pending = tuple(action for action in self.actions if action.pending)
        boot = BOOT if same_boot else "another"
        self.book, _ = ledger.restore(pending, (), self.kinds(), self.now, boot)
        self.snapshot, self.plan_memory = {}, Memory()
        self.tick()

    def override(self, device: DeviceId = GARAGE) -> Override:
        """What control does with a StartOverride."""
        kind = self.kinds()[device]
        self.running, made, new = overrides.start(
            self.running, device, kind, self.charger_of, f"override {self.now.mono_s}", self.now
        )
        if new:
            steered = self.charger_of.get(device)
            action = self.act(device, ActionKind.START, RequestedBy.OVERRIDE, steered)
            self.running, made = overrides.began(self.running, made, action.id)
            self.tick()
        return made

    def codes(self) -> list[ReasonCode]:
        return [order.reason.code for order in self.orders.values()]

    def made(self, by: RequestedBy = RequestedBy.SCHEDULE) -> list[tuple[ActionKind, ActionState]]:
        return [(a.kind, a.state) for a in self.actions if a.requested_by is by]

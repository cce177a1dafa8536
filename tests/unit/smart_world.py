"""A house of one charger and one car under smart charging: the real planners and the real ledger, a
charger that follows what it is told a moment later, and a car whose battery fills."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson

from agent import costs, ledger, sessions
from agent.model.actions import Action, ActionKind, ActionState, Failure, FailureType, RequestedBy
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.intents import ChargerMode
from agent.model.picture import Session, Totals
from agent.model.prices import Prices, Slot
from agent.model.readings import DeviceId, DeviceKind, PowerDelivery, Reading, VehicleReading
from agent.model.schedules import Location, Override
from agent.model.smart import SmartPlan, SmartPolicy, SmartState, SmartStatus, Window
from agent.model.snapshot import Seen, fold
from agent.model.targets import ChargerTarget, Reason, ReasonCode, Target
from agent.model.wishes import ChargerWish, Order, Wishes
from agent.plan import Memory, decide, overrides
from agent.plan.settings import ChargerSettings, PlanSettings
from agent.plan.smart import EDGES, Advice, SmartMemory, SmartStep, SmartView, step
from tests.unit.house import GARAGE, charger, info

OSLO = "Europe/Oslo"
HOME = Location(id="home", name="Home", timezone=OSLO)
EVENING = datetime(2026, 6, 10, 18, tzinfo=UTC)  # 20:00 in Oslo
CAR = DeviceId("zoe")
BOOT = "boot"
SEVEN = (7 * 60,) * 7
FULL_W = 11_040.0
CAPACITY_WH = 50_000.0
CHARGER = info(GARAGE, DeviceKind.CHARGER)
ZOE = info(CAR, DeviceKind.VEHICLE, capacity_wh=CAPACITY_WH)
CHEAP = (Window(start=EVENING + timedelta(hours=6), stop=EVENING + timedelta(hours=10)),)
"""02:00 to 06:00 in Oslo."""
PLAN = Reason(code=ReasonCode.SMART_HOLD, sentence="As the plan has it.")


def policy(**more: object) -> SmartPolicy:
    given: dict[str, object] = {"target": CAR, "enabled": True, "deadlines": SEVEN}
    return SmartPolicy(**(given | more))  # type: ignore[arg-type]


def prices(hours: int = 36, start: datetime = EVENING, cheap: float = 0.1) -> Prices:
    """0.30 by day and in the evening, `cheap` from 02:00 to 06:00 in Oslo."""
    slots = []
    for hour in range(hours):
        begins = start + timedelta(hours=hour)
        each = cheap if 0 <= begins.hour < 4 else 0.3
        slots.append(
            Slot(
                start=begins,
                end=begins + timedelta(hours=1),
                import_per_kwh=each,
                export_per_kwh=0.05,
            )
        )
    return Prices(currency="EUR", slots=tuple(slots))


def follow_windows(world: "World") -> Advice:
    """A planner that charges in the windows of the world, and nowhere else."""
    ahead = tuple(each for each in world.windows if each.stop > world.now.at)
    now = any(each.start <= world.now.at for each in ahead)
    return Advice(
        power_w=FULL_W if now else 0.0, reason=PLAN, windows=ahead, cost=2.0, non_smart_cost=6.0
    )


class World:
    """
    Attributes:
        deaf: the charger understands and does nothing. silent: it is out of reach.
        stubborn: the car takes nothing, whatever it is offered. over: the transaction has ended.
        own: which share of what the car draws is the house's own; None = the meter is silent.
        states: all states that were seen, each once in a row.
    """

    def __init__(self, *policies: SmartPolicy, at: datetime = EVENING, level: float = 40.0) -> None:
        self.now = Now(at=at, mono_s=5000.0)
        self.policies = {each.target: each for each in policies}
        self.locations: Mapping[str, Location] = {"home": HOME}
        self.where: dict[DeviceId, str | None] = {}
        self.paired = True
        self.devices: tuple[DeviceInfo, ...] = (CHARGER, ZOE)
        self.snapshot: dict[DeviceId, Seen[Reading]] = {}
        self.memory, self.plan_memory = SmartMemory(), Memory()
        self.running: overrides.Running = {}
        self.book, self.actions = ledger.Ledger(), list[Action]()
        self.wishes = Wishes(chargers={GARAGE: ChargerWish(mode=ChargerMode.FAST)})
        self.held_back, self.startable = frozenset[DeviceId](), frozenset[DeviceId]()
        self.state, self.level, self.limit = PowerDelivery.UNPLUGGED, level, 80.0
        self.tells_level, self.limit_a = True, 0.0
        self.deaf = self.silent = self.stubborn = self.over = False
        self.prices: dict[str, Prices] = {"home": prices()}
        self.windows: tuple[Window, ...] = CHEAP
        self.planner: Callable[[World], Advice | None] = follow_windows
        self.scheduled: dict[DeviceId, str] = {}
        self.ended: list[tuple[Override, str]] = []
        self.told: list[SmartStatus] = []
        self.wanted: list[tuple[DeviceId, ActionKind, bool]] = []
        self.states: list[SmartState] = []
        self.orders: Mapping[DeviceId, Order] = {}
        self.sessions: Mapping[DeviceId, Session] = {}
        self.priced, self.meter_wh = costs.Priced(), 0.0
        self.own: float | None = 0.0
        self.last = SmartStep(memory=self.memory)
        self.target = next(iter(self.policies), CAR)
        self.tick()

    @property
    def charging(self) -> bool:
        return self.state is PowerDelivery.CHARGING

    @property
    def status(self) -> SmartStatus:
        return self.last.statuses[self.target]

    def stands(self, state: SmartState) -> bool:
        """Whether smart charging is in a state now."""
        return self.status.state is state

    @property
    def plan(self) -> SmartPlan:
        plan = self.status.plan
        assert plan is not None
        return plan

    @property
    def charger_of(self) -> dict[DeviceId, DeviceId]:
        plugged = bool(self.state.plugged_in)
        return {CAR: GARAGE} if self.paired and plugged else {}

    def view(self) -> SmartView:
        requested: dict[DeviceId, Action] = {}
        for action in self.actions:
            if action.requested_by is RequestedBy.SMART_CHARGING:
                requested[action.device] = action
        said = self.planner(self)
        return SmartView(
            snapshot=self.snapshot, home="home", devices=self.devices, locations=self.locations,
            where=self.where, charger_of=self.charger_of, requested=requested,
            overrides=overrides.covering(self.running, self.charger_of),
            pending=self.book.pending, startable=self.startable, steerable=frozenset({CAR}),
            held_back=self.held_back, scheduled=self.scheduled, prices=self.prices,
            advice={} if said is None else {self.target: said}, sessions=self.sessions,
        )  # fmt: skip

    def tick(self) -> None:
        self._report()
        by_id = {each.id: each for each in self.actions}
        forced = overrides.step(
            self.running, self.snapshot, self.charger_of, self.startable, by_id, self.now
        )
        self.running = forced.running
        self.ended += forced.ended
        self.last = step(self.policies, self.view(), self.memory, self.now)
        self.memory = self.last.memory
        self.told += self.last.events
        self._note_state()
        for action_id, why in self.last.released.items():
            self.cancel(action_id, why)
        for wanted in self.last.wanted:
            self.wanted.append((wanted.steered, wanted.kind, wanted.override))
            if wanted.override:
                self.override(wanted.device)
            else:
                told = wanted.steered
                self.act(wanted.device, wanted.kind, RequestedBy.SMART_CHARGING, told)
        self.orders = {**self.last.orders, **forced.orders}
        self._account()
        self._deliver()

    def _account(self) -> None:
        """What control does after it has decided."""
        before, now = self.sessions, self.now
        counted_wh = {(GARAGE, "energy_wh"): self.meter_wh}
        after, facts = sessions.step(before, self.snapshot, counted_wh, now)
        drawn_w = self.limit_a * 690 if self.charging else 0.0
        grid_w = None if self.own is None else (1 - self.own) * drawn_w
        totals = Totals(chargers_w=drawn_w, grid_w=grid_w)
        self.priced, self.sessions, _ = costs.step(
            self.priced, before, after, facts, totals, self.prices.get("home"), now.mono_s, now.at
        )

    def _note_state(self) -> None:
        status = self.last.statuses.get(self.target)
        if status is None:
            return
        state = status.state
        if not self.states or self.states[-1] is not state:
            assert not self.states or state in EDGES[self.states[-1]], (self.states[-1], state)
            self.states.append(state)

    def _deliver(self) -> None:
        settings = PlanSettings(devices=self.devices, chargers={GARAGE: ChargerSettings()})
        made = decide(self.snapshot, self.wishes, settings, self.plan_memory, self.now, self.orders)
        self.plan_memory = made.memory
        ways = dict.fromkeys(self.charger_of, (CHARGER,))
        kinds = {GARAGE: DeviceKind.CHARGER, CAR: DeviceKind.VEHICLE}
        done = ledger.step(self.book, made.targets, kinds, self.snapshot, self.now, ways=ways)
        self.book = done.ledger
        for action in done.changed:
            self._note(action)
        for target in done.send:
            self._follow(target)

    def act(
        self, device: DeviceId, kind: ActionKind, by: RequestedBy, steered: DeviceId | None = None
    ) -> Action:
        known = {each.id: each for each in self.devices}
        told = known[steered] if steered not in (None, device) and steered is not None else None
        request = ledger.Request(
            id=f"action {len(self.actions)}", device=known[device], kind=kind, requested_by=by,
            commanded=told,
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
        if not isinstance(target, ChargerTarget) or self.deaf:
            return
        self.limit_a = (target.max_current_a or 16.0) if target.charging else 0.0
        self.over = self.over and not target.charging
        if self.state.plugged_in:
            self.state = self._offered() if target.charging else PowerDelivery.STOPPED

    def _offered(self) -> PowerDelivery:
        takes = self.level < self.limit and not self.stubborn
        return PowerDelivery.CHARGING if takes else PowerDelivery.NO_POWER

    def _report(self) -> None:
        if self.silent:
            said = charger(self.now, PowerDelivery.UNKNOWN)
            gone = replace(said, power_delivery=None, reachable=False)
            self.snapshot[GARAGE] = fold(self.snapshot.get(GARAGE), gone)
            return
        power_w = self.limit_a * 690 if self.charging else 0.0
        said = charger(
            self.now, self.state, reachable=True, max_current_a=self.limit_a, power_w=power_w,
            transaction_id=0 if self.over else 7,
        )  # fmt: skip
        self.snapshot[GARAGE] = fold(self.snapshot.get(GARAGE), said)
        if CAR in {each.id for each in self.devices}:
            car = VehicleReading(
                device=CAR, at=self.now.at, mono_s=self.now.mono_s, charge_limit_percent=self.limit,
                soc_percent=round(self.level, 1) if self.tells_level else None,
                plugged_in=bool(self.state.plugged_in), charging=self.charging,
            )  # fmt: skip
            self.snapshot[CAR] = fold(self.snapshot.get(CAR), car)

    def run(self, seconds: float, step_s: float = 10.0) -> None:
        """Let time pass: a tick every `step_s`, and when smart charging asks for one."""
        end_s = self.now.mono_s + seconds
        while self.now.mono_s < end_s:
            pause_s = min(step_s, end_s - self.now.mono_s)
            if self.last.next_at is not None:
                pause_s = min(pause_s, (self.last.next_at - self.now.at).total_seconds())
            self._pass(max(0.5, pause_s))

    def _pass(self, pause_s: float) -> None:
        if self.charging:
            self.meter_wh += self.limit_a * 690 * pause_s / 3600
            gained_wh = self.limit_a * 690 * 0.9 * pause_s / 3600
            self.level = min(self.level + 100 * gained_wh / CAPACITY_WH, self.limit)
            if self.level >= self.limit:
                self.state = PowerDelivery.NO_POWER
        self.now = self.now.later(pause_s)
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

    def unplug(self) -> None:
        self.state, self.limit_a = PowerDelivery.UNPLUGGED, 0.0
        self.now = self.now.later(1)
        self.tick()

    def press(self, *, start: bool) -> None:
        """A person at the charger or in the car."""
        self.state = PowerDelivery.CHARGING if start else PowerDelivery.STOPPED
        self.limit_a, self.over = 16.0 if start else self.limit_a, not start
        self.now = self.now.later(1)
        self.tick()

    def edit(self, new: SmartPolicy) -> None:
        self.policies = {**self.policies, new.target: new}
        self.now = self.now.later(1)
        self.tick()

    def restart(self, *, same_boot: bool = True) -> None:
        """Everything but what is on disk is forgotten."""
        tree = orjson.loads(orjson.dumps(self.memory.to_json()))
        if not same_boot:
            self.now = Now(at=self.now.at + timedelta(seconds=90), mono_s=50.0)
        self.memory = SmartMemory.from_json(tree, same_boot=same_boot, now_mono_s=self.now.mono_s)
        self.running = overrides.resume(self.running.values(), self.now)
        pending = tuple(action for action in self.actions if action.pending)
        boot = BOOT if same_boot else "another"
        kinds = {GARAGE: DeviceKind.CHARGER, CAR: DeviceKind.VEHICLE}
        self.book, _ = ledger.restore(pending, (), kinds, self.now, boot)
        self.snapshot, self.plan_memory = {}, Memory()
        self.tick()

    def override(self, device: DeviceId = CAR) -> Override:
        """What control does with a StartOverride."""
        kind = next(each.kind for each in self.devices if each.id == device)
        self.running, made, new = overrides.start(
            self.running, device, kind, self.charger_of, f"override {self.now.mono_s}", self.now
        )
        if new:
            steered = self.charger_of.get(device)
            action = self.act(device, ActionKind.START, RequestedBy.OVERRIDE, steered)
            self.running, made = overrides.began(self.running, made, action.id)
        return made

    def made(self) -> list[tuple[ActionKind, ActionState]]:
        by = RequestedBy.SMART_CHARGING
        return [(a.kind, a.state) for a in self.actions if a.requested_by is by]

"""Plans in the living house: what the planner is asked, the plan in force, and smart charging.

The tick follows the plan that it has; a job of its own asks for a better one (planner.py). No I/O.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from agent.control.routine import held_back
from agent.control.smart_view import as_it_is, smart_view, until_planned
from agent.ledger.ways import SWITCHING
from agent.model.actions import Action, RequestedBy
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.nothing import nothing
from agent.model.outline import Outline
from agent.model.readings import DeviceId
from agent.model.smart import SmartPlan, SmartPolicy, SmartStatus
from agent.model.snapshot import Snapshot
from agent.model.targets import Target
from agent.model.wishes import BatteryOrder, Order
from agent.plan import smart
from agent.plan.follow import BATTERY, follow
from agent.plan.held import free
from agent.plan.moment import Guide, Moment, Setpoints
from agent.plan.optimise.problem import CarTask, Problem
from agent.plan.settings import PlanSettings
from agent.plan.smart import Advice, SmartMemory, SmartView, SmartWanted, car_task, expected_cars
from agent.plan.steering import (
    Holding,
    Outside,
    advice,
    battery_orders,
    battery_task,
    horizon,
    moment_of,
    outline,
)

if TYPE_CHECKING:
    from agent.control.state import State

REPLAN_S = 900.0
FIRST_PLAN_S = 30.0
"""A planner that has said nothing for so long is not waited for."""
LOOK_AGAIN_S = 60.0
"""Where nothing is planned it is looked at so seldom, or when something about it changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What plans want at one tick.

    Args:
        orders: of chargers and cars; battery_orders: of batteries.
        wanted: Actions to make; released: ids of those to cancel, with the sentence why.
        plans: those of smart charging that are to be written down.
        next_at: when time alone changes something.
    """

    orders: Mapping[DeviceId, Order] = field(default_factory=nothing)
    battery_orders: Mapping[DeviceId, BatteryOrder] = field(default_factory=nothing)
    wanted: tuple[SmartWanted, ...] = ()
    released: Mapping[str, str] = field(default_factory=nothing)
    plans: tuple[SmartPlan, ...] = ()
    next_at: datetime | None = None


NOTHING = Planned()
NO_ADVICE: Mapping[DeviceId, Advice] = nothing()
NO_ORDERS: Mapping[DeviceId, BatteryOrder] = nothing()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the planner is to be asked; moment: the house as it was then."""

    problem: Problem
    moment: Moment
    revision: str


class Plans:
    """
    Attributes:
        guide: the plan in force; None = there is none yet, or nothing to plan.
        question: the newest that waits for an answer; None = nothing is open.
        requested: per device the newest START or STOP that smart charging asked for.

    Args:
        tree: what to_json wrote.
    """

    def __init__(
        self, tree: Mapping[str, Any], timezone: str, *, same_boot: bool, now: Now
    ) -> None:
        self.memory = SmartMemory.from_json(tree, same_boot=same_boot, now_mono_s=now.mono_s)
        self.guide: Guide | None = None
        self.question: Question | None = None
        self.requested: dict[DeviceId, Action] = {}
        self._timezone = timezone
        self._holding = Holding()
        self._held_back: frozenset[DeviceId] = frozenset()
        self._asked_mono_s = float("-inf")
        self._asked_of: tuple[Any, ...] = ()
        self._number = 0
        self._currency: str | None = None
        self._told: tuple[Guide | None, Outline | None] = None, None
        self._looked_at: tuple[Any, ...] = ()
        self._looked_mono_s = float("-inf")

    @property
    def outline(self) -> Outline | None:
        """The plan in force for everybody outside; told anew when it changes."""
        guide, (told_of, told) = self.guide, self._told
        if guide is None:
            return None
        if guide is not told_of:
            told = outline(guide, self._currency)
            self._told = guide, told
        return told

    @property
    def statuses(self) -> Mapping[DeviceId, SmartStatus]:
        return self.memory.statuses

    def stand(
        self, policies: Mapping[DeviceId, SmartPolicy], devices: Sequence[DeviceInfo], now: Now
    ) -> None:
        """Say where each vehicle stands before anything was looked at."""
        self.memory = smart.before_the_first_step(policies, devices, self.memory, now)

    def remember(self, actions: Iterable[Action]) -> None:
        """Note the Actions of smart charging; they come in the order in which they moved."""
        for action in actions:
            if action.requested_by is RequestedBy.SMART_CHARGING and action.kind in SWITCHING:
                self.requested[action.device] = action

    def controlled(
        self, device: DeviceId, charger_of: Mapping[DeviceId, DeviceId], now: Now
    ) -> str | None:
        """Which plan steers a device, in words that follow "steered by"; None if none does."""
        return smart.controlled(device, self.memory, charger_of, now)

    def step(self, state: "State", snapshot: Snapshot, outside: Outside, now: Now) -> Planned:
        """Advance by one tick."""
        policies = state.policies
        self._currency = None if outside.prices is None else outside.prices.currency
        settings = free(state.learnt.able(state.settings), state.wishes.batteries)
        battery = battery_task(snapshot, settings.devices, settings.battery)
        if battery is None and self._at_rest(state, now):
            return NOTHING
        view = smart_view(state, snapshot, outside.prices, self.requested, self._held_back, now)
        tasks = tuple(self._tasks(state, policies, view, now))
        given, stored = NO_ADVICE, NO_ORDERS
        if tasks or battery is not None:
            orders, totals = list(state.wishes.grid_orders), state.tally.totals
            moment = moment_of(totals, tasks, battery, outside, orders, settings, now)
            moment = as_it_is(moment, state, settings, view, now)
            if now.trusted:
                self._ask(moment, view, outside, state, now)
            setpoints = follow(moment, self.guide)
            given = advice(self.guide, setpoints, moment)
            stored = self._stored(setpoints, moment, settings, now)
        else:
            self.guide = self.question = None
        done = smart.step(policies, replace(view, advice=given), self.memory, now)
        self.memory = done.memory
        return Planned(
            orders={**self._meanwhile(tasks, given, view, now), **done.orders},
            battery_orders=stored,
            wanted=done.wanted,
            released=done.released,
            plans=done.plans,
            next_at=done.next_at,
        )

    def _stored(
        self, setpoints: Setpoints, moment: Moment, settings: PlanSettings, now: Now
    ) -> Mapping[DeviceId, BatteryOrder]:
        """What batteries are told; they do as they like while nobody knows the time of day."""
        if moment.battery is None or not now.trusted:
            return NO_ORDERS
        why = setpoints.why[BATTERY]
        orders, self._holding = battery_orders(
            setpoints, moment, settings.devices, self._holding, why, now
        )
        return orders

    def _at_rest(self, state: "State", now: Now) -> bool:
        """Whether nothing is planned in the house, and what was said of that still holds.

        Every vehicle is in a state also where nobody ever asked for a plan; that must cost a house
        without plans nothing at each tick.
        """
        routine = state.routine
        looked_at = (
            state.settings.devices,
            state.policies,
            routine.running,
            routine.charger_of,
            now.trusted,
        )
        same = looked_at == self._looked_at and now.mono_s - self._looked_mono_s < LOOK_AGAIN_S
        if not same:
            self._looked_at, self._looked_mono_s = looked_at, now.mono_s
            return False
        return self.question is None and self.memory.at_rest

    def _meanwhile(
        self, tasks: Iterable[CarTask], given: Mapping[DeviceId, Advice], view: SmartView, now: Now
    ) -> dict[DeviceId, Order]:
        if self.question is None or now.mono_s - self._asked_mono_s > FIRST_PLAN_S:
            return {}
        return until_planned(tasks, given, view.charger_of)

    def limited(self, orders: Mapping[DeviceId, Order], targets: Mapping[DeviceId, Target]) -> None:
        """Note whom the limits of the house keep from charging, for the next tick."""
        self._held_back = held_back(orders, targets)

    def answered(self, question: Question) -> None:
        """The planner has answered; a newer question stays open."""
        if self.question is question:
            self.question = None

    def to_json(self) -> dict[str, Any]:
        """What must survive a restart; the plan itself is made anew."""
        return self.memory.to_json()

    def _tasks(
        self,
        state: "State",
        policies: Mapping[DeviceId, SmartPolicy],
        view: SmartView,
        now: Now,
    ) -> Iterable[CarTask]:
        circuits = {c: circuit.id for circuit in state.settings.circuits for c in circuit.chargers}
        for device, policy in policies.items():
            charger = view.charger_of.get(device, device)
            own = state.settings.chargers.get(charger)
            task = car_task(
                policy,
                view,
                self.memory,
                now,
                circuit=circuits.get(charger, ""),
                first_phase=1 if own is None else own.phase_order[0],
            )
            if task is not None:
                yield task

    def _ask(
        self,
        moment: Moment,
        view: SmartView,
        outside: Outside,
        state: "State",
        now: Now,
    ) -> None:
        """Ask anew when something has changed that a plan rests on, and now and then."""
        orders = state.wishes.grid_orders
        rests_on = (
            tuple((c.device, c.limit_wh, c.minimum_wh, c.deadlines, c.phases) for c in moment.cars),
            tuple(order.id for order in orders),
            None if outside.prices is None else outside.prices.slots[-1:],
            moment.battery is None,
            state.wishes.batteries,
            state.learnt,
        )
        due = now.mono_s - self._asked_mono_s >= REPLAN_S
        if rests_on == self._asked_of and not due:
            return
        if rests_on != self._asked_of and self._asked_of and not self._same_cars(moment):
            self.guide = None
        self._asked_of, self._asked_mono_s = rests_on, now.mono_s
        self._number += 1
        settings, peak = state.settings, None if outside.prices is None else outside.prices.peak
        problem = Problem(
            steps=horizon(moment, outside, orders, settings, self._timezone),
            cars=(*moment.cars, *expected_cars(state.policies, view, self.memory, now)),
            battery=moment.battery,
            phases=moment.phases,
            fuse_a=moment.fuse_a,
            circuits_a=moment.circuits_a,
            unbalanced_a=moment.unbalanced_a,
            curtailable=moment.curtailable,
            peak_per_kw=0.0 if peak is None else peak.per_kw,
            peak_free_w=0.0 if peak is None else max(peak.free_w, peak.reached_w or 0.0),
        )
        self.question = Question(problem=problem, moment=moment, revision=str(self._number))

    def _same_cars(self, moment: Moment) -> bool:
        """Whether the plan in force knows every car that is here."""
        if self.guide is None:
            return False
        known = {car.device for car in self.guide.problem.cars if car.is_here}
        return {car.device for car in moment.cars} <= known

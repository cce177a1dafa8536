"""Whatever people, cars, cables, schedules and restarts do: the rules of Actions hold."""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.model.actions import Action, ActionState
from agent.model.intents import (
    CancelAction,
    ChargeCommand,
    ChargerMode,
    CorrectPair,
    CurrentLimit,
    EnableSchedule,
    EndOverride,
    PinPair,
    PowerLimit,
    StartOverride,
)
from agent.model.readings import DeviceId, DeviceKind, PowerDelivery
from tests.examples import examples
from tests.unit.engine_house import CAR, NIGHT, House, at_home, car
from tests.unit.house import GARAGE, charger

CARS = replace(NIGHT, id="cars", name="Car", target=CAR, target_kind=DeviceKind.VEHICLE)
STATES = st.sampled_from(
    [
        PowerDelivery.UNPLUGGED,
        PowerDelivery.STOPPED,
        PowerDelivery.CHARGING,
        PowerDelivery.NO_POWER,
        PowerDelivery.COMPLETE,
        PowerDelivery.FAULT,
    ]
)
DEVICES = st.sampled_from([GARAGE, CAR])


class Days(RuleBasedStateMachine):
    """A house in which anything may happen next."""

    def __init__(self) -> None:
        super().__init__()
        self.house = House(NIGHT, CARS, startable=True, charger_mode=ChargerMode.FAST)
        self.over: dict[str, Action] = {}
        self.at_the_car: set[str] = set()
        self.told = 0

    @initialize(paired=st.booleans(), scheduled=st.booleans())
    def a_morning(self, *, paired: bool, scheduled: bool) -> None:
        self.house.later(1, charger(), at_home(car()))
        if paired:
            self.house.pair()
        for name in ("night", "cars"):
            self.somebody_switches(name, enabled=scheduled)

    @rule(state=STATES, reachable=st.booleans())
    def the_charger_says(self, state: PowerDelivery, *, reachable: bool) -> None:
        self.house.later(1, replace(charger(state=state), reachable=reachable))

    @rule(state=STATES, away_m=st.sampled_from([0.0, 230.0, 5000.0]))
    def the_car_says(self, state: PowerDelivery, away_m: float) -> None:
        self.house.later(1, at_home(car(state), away_m))

    @rule(seconds=st.sampled_from([1, 30, 130, 310, 1900, 40_000]))
    def time_passes(self, seconds: int) -> None:
        for _ in range(4):
            self.house.later(seconds / 4)

    @rule(device=DEVICES, start=st.booleans())
    def somebody_commands(self, device: DeviceId, *, start: bool) -> None:
        self.house.take(ChargeCommand(device=device, charging=start))

    @rule(amps=st.sampled_from([0.0, 8.0, 16.0]))
    def somebody_limits(self, amps: float) -> None:
        self.house.take(CurrentLimit(device=GARAGE, max_current_a=amps))
        self.house.take(PowerLimit(device=CAR, max_power_w=amps * 690))

    @rule(device=DEVICES, start=st.booleans())
    def somebody_overrides(self, device: DeviceId, *, start: bool) -> None:
        self.house.take(StartOverride(device=device) if start else EndOverride(device=device))

    @rule()
    def somebody_cancels(self) -> None:
        for action in tuple(self.house.state.ledger.pending.values()):
            assert self.house.take(CancelAction(action_id=action.id)).status == 200

    @rule(name=st.sampled_from(["night", "cars"]), enabled=st.booleans())
    def somebody_switches(self, name: str, *, enabled: bool) -> None:
        self.house.take(EnableSchedule(schedule=name, enabled=enabled))

    @rule(vehicle=st.sampled_from([CAR, None]))
    def somebody_knows_the_car(self, vehicle: DeviceId | None) -> None:
        self.house.take(PinPair(charger=GARAGE, vehicle=vehicle))
        if vehicle is None:
            self.house.take(CorrectPair(charger=GARAGE, vehicle=None, guest=True))

    @rule(device=DEVICES)
    def a_device_declines(self, device: DeviceId) -> None:
        if any(target.device == device for target in self.house.sent):
            self.house.refuse(device, "not now")

    @rule(boot=st.sampled_from(["boot", "next"]))
    def it_is_killed(self, boot: str) -> None:
        old = self.house
        self.told += len(old.told(CAR))
        self.at_the_car |= {name for name, device in old.tried if device == CAR}
        self.house = House(
            NIGHT, CARS, startable=True, charger_mode=ChargerMode.FAST,
            now=old.now, persisted=old.on_disk(), boot=boot,
            first_id=old.made + 1,
        )  # fmt: skip
        self.house.disk = {a.id: a for a in self.house.state.ledger.pending.values()}

    @invariant()
    def one_action_holds_a_device(self) -> None:
        held: list[DeviceId] = []
        for device, action in self.house.state.ledger.pending.items():
            assert action.device_commanded == device
            held += {action.device, action.device_commanded}
        assert len(held) == len(set(held))

    @invariant()
    def what_ended_stays_as_it_is_and_says_why(self) -> None:
        for action in self.house.disk.values():
            if not action.pending:
                assert self.over.setdefault(action.id, action) == action
                assert action.completed_at is not None
                assert (action.failure is None) is (action.state is ActionState.CONFIRMED)

    @invariant()
    def what_is_on_disk_is_what_is_known(self) -> None:
        on_disk = {i: a for i, a in self.house.disk.items() if a.pending}
        assert on_disk == {a.id: a for a in self.house.state.ledger.pending.values()}

    @invariant()
    def nothing_is_pending_for_ever(self) -> None:
        self.house.later(0.5)
        for action in self.house.state.ledger.pending.values():
            assert self.house.now.mono_s - action.created_mono_s < action.window_s + 1

    @invariant()
    def a_car_is_told_once_for_each_action_at_the_most(self) -> None:
        self.at_the_car |= {name for name, device in self.house.tried if device == CAR}
        assert self.told + len(self.house.told(CAR)) <= len(self.at_the_car)


Days.TestCase.settings = examples(40, stateful_step_count=40)
TestDays = Days.TestCase

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agent import ledger
from agent.ledger import Ledger, Request, create, step
from agent.ledger.create import Created
from agent.ledger.judging import LIMITED
from agent.model.actions import (
    Action,
    ActionKind,
    ActionState,
    Failure,
    FailureType,
    RequestedBy,
)
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.readings import (
    BatteryMode,
    DeviceId,
    DeviceKind,
    PowerDelivery,
    Reading,
    VehicleReading,
)
from agent.model.snapshot import Snapshot
from agent.model.targets import (
    BatteryTarget,
    ChargerTarget,
    Owner,
    Reason,
    ReasonCode,
    Target,
)
from tests.examples import examples
from tests.unit.house import (
    DEVICES,
    GARAGE,
    NOON,
    STORE,
    battery,
    charger,
    charging,
    info,
    snapshot,
)

KINDS = {d.id: d.kind for d in DEVICES}
BOX = DEVICES[0]
CAR = info(DeviceId("car"), DeviceKind.VEHICLE)
WHY = Reason(code=ReasonCode.MANUAL_START, sentence="because you said so")
GO = ChargerTarget(device=GARAGE, charging=True, max_current_a=16.0, owner=Owner.MANUAL, reason=WHY)
PAUSE = replace(GO, charging=False, max_current_a=0.0)


def ask(
    book: Ledger,
    kind: ActionKind = ActionKind.START,
    house: Snapshot | None = None,
    now: Now = NOON,
    device: DeviceInfo = BOX,
    **more: object,
) -> Created:
    request = Request(id=f"{kind}-{now.mono_s}", device=device, kind=kind, **more)  # type: ignore[arg-type]
    return create(book, request, house or snapshot(charger(now)), now, "boot")


def action(made: Created) -> Action:
    assert made.action is not None
    return made.action


def only(book: Ledger) -> Action:
    (found,) = book.pending.values()
    return found


def tick(book: Ledger, target: Target | None, *readings: Reading, now: Now = NOON) -> ledger.Step:
    targets = {} if target is None else {target.device: target}
    return step(book, targets, KINDS, snapshot(*readings), now)


def test_confirmed_by_data_newer_than_the_command_not_by_having_sent() -> None:
    book = ask(Ledger()).ledger
    sent = tick(book, GO, charger(NOON))
    assert sent.send == (GO,)
    assert only(sent.ledger).attempts == 1
    stale = tick(sent.ledger, GO, charging(16.0, NOON.later(-1)), now=NOON.later(3))
    assert stale.changed == ()
    proof = tick(sent.ledger, GO, charging(16.0, NOON.later(2)), now=NOON.later(3))
    assert [a.state for a in proof.changed] == [ActionState.CONFIRMED]
    assert proof.changed[0].completed_at == NOON.later(3).at
    assert proof.ledger.pending == {}


def test_a_deaf_charger_is_asked_six_times_in_five_minutes_and_given_up_on() -> None:
    book, sent = ask(Ledger()).ledger, []
    ended: list[Action] = []
    for second in range(301):
        now = NOON.later(second)
        one = tick(book, GO, charger(now), now=now)
        book = one.ledger
        sent += [second] * len(one.send)
        ended += [a for a in one.changed if not a.pending]
    assert len(sent) == 6
    for at, plan in zip(sent, (0, 15, 45, 90, 150, 240), strict=True):
        assert at == pytest.approx(plan, rel=0.11, abs=1)
    assert [(a.state, a.failure and a.failure.type) for a in ended] == [
        (ActionState.FAILED, FailureType.NO_RESPONSE)
    ]
    assert ended[0].failure is not None
    assert "garage did not follow" in ended[0].failure.detail


def test_nothing_is_sent_to_a_device_out_of_reach_and_all_of_it_when_it_is_back() -> None:
    book = ask(Ledger()).ledger
    away = replace(charger(NOON), reachable=False)
    one = tick(book, GO, away)
    assert one.send == ()
    back = tick(one.ledger, GO, charger(NOON.later(60)), now=NOON.later(60))
    assert back.send == (GO,)


def test_a_charge_found_as_wanted_is_not_disturbed_after_a_restart() -> None:
    running = replace(charging(16.0), max_current_a=16.0)
    assert tick(Ledger(), GO, running).send == ()


def test_a_charger_that_starts_again_by_itself_is_paused_again() -> None:
    book = tick(Ledger(), PAUSE, charging(16.0)).ledger
    held = tick(book, PAUSE, charger(NOON.later(5)), now=NOON.later(5))
    assert held.send == ()
    again = tick(held.ledger, PAUSE, charging(9.0, NOON.later(600)), now=NOON.later(600))
    assert again.send == (PAUSE,)


def test_a_delivery_that_must_wait_stays_as_it_is() -> None:
    book = tick(Ledger(), GO, charger()).ledger
    now = NOON.later(60)
    held = step(book, {GARAGE: PAUSE}, KINDS, snapshot(charger(now)), now, {GARAGE})
    assert held.send == ()
    assert held.ledger.deliveries == book.deliveries


def test_reductions_leave_before_increases() -> None:
    other = DeviceId("carport")
    targets = {GARAGE: GO, other: replace(PAUSE, device=other)}
    kinds = {GARAGE: DeviceKind.CHARGER, other: DeviceKind.CHARGER}
    house = snapshot(charger(), charging(10.0, device=other))
    assert [t.device for t in step(Ledger(), targets, kinds, house, NOON).send] == [other, GARAGE]


def test_identical_charger_starts_are_two_actions_and_the_first_is_a_conflict() -> None:
    first = ask(Ledger())
    second = ask(first.ledger, now=NOON.later(1))
    old, new = second.changed
    assert (old.id, old.state) == (action(first).id, ActionState.CANCELLED)
    assert old.failure is not None
    assert old.failure.type is FailureType.CONFLICT
    assert (new.pending, only(second.ledger).id) == (True, new.id)


def test_one_active_action_over_all_kinds() -> None:
    first = ask(Ledger())
    second = ask(first.ledger, ActionKind.SET_MAX_CURRENT, now=NOON.later(1), value=10.0)
    assert second.changed[0].failure is not None
    assert only(second.ledger).kind is ActionKind.SET_MAX_CURRENT


def parked(state: PowerDelivery = PowerDelivery.STOPPED) -> Snapshot:
    return snapshot(
        VehicleReading(device=CAR.id, at=NOON.at, mono_s=NOON.mono_s, power_delivery=state)
    )


def test_identical_vehicle_starts_are_one_action_but_a_stop_takes_over() -> None:
    first = ask(Ledger(), house=parked(), device=CAR)
    second = ask(first.ledger, house=parked(), device=CAR, now=NOON.later(1))
    assert (action(second).id, second.changed) == (action(first).id, ())
    stop = ask(first.ledger, ActionKind.STOP, parked(), NOON.later(2), CAR)
    assert [a.state for a in stop.changed] == [ActionState.CANCELLED, ActionState.PENDING]


@pytest.mark.parametrize(
    ("kind", "state", "failure"),
    [
        (ActionKind.START, PowerDelivery.CHARGING, FailureType.UNNECESSARY),
        (ActionKind.START, PowerDelivery.NO_POWER, FailureType.FAILED_PRECONDITION),
        (ActionKind.START, PowerDelivery.FAULT, FailureType.FAILED_PRECONDITION),
        (ActionKind.STOP, PowerDelivery.STOPPED, FailureType.UNNECESSARY),
        (ActionKind.STOP, PowerDelivery.UNPLUGGED, FailureType.UNNECESSARY),
        (ActionKind.START, PowerDelivery.UNPLUGGED, None),
        (ActionKind.START, PowerDelivery.INITIALIZING, None),
        (ActionKind.STOP, PowerDelivery.CHARGING, None),
    ],
)
def test_what_cannot_come_true_ends_at_once(
    kind: ActionKind, state: PowerDelivery, failure: FailureType | None
) -> None:
    made = ask(Ledger(), kind, snapshot(charger(state=state)))
    if failure is None:
        assert action(made).pending
        return
    assert (made.status, action(made).state) == (400, ActionState.CANCELLED)
    assert action(made).failure is not None
    assert action(made).failure.type is failure  # type: ignore[union-attr]
    assert made.ledger.pending == {}


def test_a_full_car_needs_no_start() -> None:
    made = ask(Ledger(), house=parked(PowerDelivery.COMPLETE), device=CAR)
    assert action(made).failure == Failure(
        type=FailureType.UNNECESSARY, detail="car is fully charged"
    )


def _untaken(after_s: float, *cars: VehicleReading) -> Action:
    """What is left of a START at a charger whose car has long not taken what it is offered."""
    book = tick(ask(Ledger()).ledger, GO, charger(NOON)).ledger
    now = NOON.later(after_s)
    ways = {CAR.id: (BOX, CAR)}
    box = charger(NOON.later(60), PowerDelivery.NO_POWER)
    found = step(book, {GARAGE: GO}, KINDS, snapshot(box, *cars), now, ways=ways)
    return found.changed[0] if found.changed else only(found.ledger)


def test_a_start_at_a_charger_whose_car_takes_nothing_ends_with_that_and_not_as_no_answer() -> None:
    assert _untaken(299).pending
    ended = _untaken(300)
    assert (ended.state, ended.failure) == (
        ActionState.CANCELLED,
        Failure(
            type=FailureType.FAILED_PRECONDITION,
            detail="garage offers power but the car takes none: it is full, asleep, or waits for"
            " its own timer",
        ),
    )


def test_a_start_at_a_charger_whose_car_is_full_was_needless() -> None:
    full = VehicleReading(
        device=CAR.id, at=NOON.at, mono_s=0.0, power_delivery=PowerDelivery.COMPLETE
    )
    ended = _untaken(61, full)
    assert (ended.state, ended.failure) == (
        ActionState.CANCELLED,
        Failure(type=FailureType.UNNECESSARY, detail="car is fully charged"),
    )
    by_level = replace(full, power_delivery=None, soc_percent=80.0, charge_limit_percent=80.0)
    assert _untaken(61, by_level).failure == ended.failure
    assert _untaken(61, replace(by_level, soc_percent=79.0)).pending


def test_a_charger_that_has_yet_to_offer_power_is_not_judged_by_a_car_that_says_it_is_full() -> (
    None
):
    book = tick(ask(Ledger()).ledger, GO, charger(NOON)).ledger
    full = VehicleReading(
        device=CAR.id, at=NOON.at, mono_s=0.0, power_delivery=PowerDelivery.COMPLETE
    )
    for later_s, state in ((61.0, ActionState.PENDING), (300.0, ActionState.CANCELLED)):
        now = NOON.later(later_s)
        house = snapshot(charger(now), full)
        found = step(book, {GARAGE: GO}, KINDS, house, now, ways={CAR.id: (BOX, CAR)})
        ended = [a for a in found.changed if not a.pending]
        assert (ended[0] if ended else only(found.ledger)).state is state


def test_a_start_without_a_car_waits_a_minute_for_the_plug() -> None:
    book = ask(Ledger(), house=snapshot(charger(state=PowerDelivery.UNPLUGGED))).ledger
    early = charger(NOON.later(59), PowerDelivery.UNPLUGGED)
    assert tick(book, None, early, now=NOON.later(59)).changed == ()
    late = charger(NOON.later(60), PowerDelivery.UNPLUGGED)
    (ended,) = tick(book, None, late, now=NOON.later(60)).changed
    assert (ended.state, ended.failure and ended.failure.type) == (
        ActionState.CANCELLED,
        FailureType.FAILED_PRECONDITION,
    )


def test_who_is_steered_by_a_schedule_says_the_way_out() -> None:
    made = ask(Ledger(), controlled_by="schedule night")
    assert (made.status, made.action) == (422, None)
    assert "smart override" in (made.problem or "")
    by_owner = ask(Ledger(), controlled_by="schedule night", requested_by=RequestedBy.SCHEDULE)
    assert by_owner.status == 200
    limit = ask(Ledger(), ActionKind.SET_MAX_CURRENT, controlled_by="schedule night", value=9.0)
    assert limit.status == 200


def test_a_limit_is_proven_by_read_back_within_half_an_ampere() -> None:
    book = ask(Ledger(), ActionKind.SET_MAX_CURRENT, value=10.0).ledger
    ten = replace(GO, max_current_a=10.0)
    book = tick(book, ten, charging(16.0)).ledger
    later = NOON.later(5)
    wrong = replace(charging(16.0, later), max_current_a=16.0)
    assert tick(book, ten, wrong, now=later).changed == ()
    right = replace(charging(9.0, later), max_current_a=9.8)
    assert tick(book, ten, right, now=later).changed[0].state is ActionState.CONFIRMED


def test_a_limit_that_changes_nothing_now_is_sent_all_the_same() -> None:
    six = replace(GO, max_current_a=6.0)
    shown = replace(charging(6.0), max_current_a=6.0)
    book = tick(Ledger(), six, shown).ledger
    book = ask(book, ActionKind.SET_MAX_CURRENT, snapshot(shown), value=10.0).ledger
    told = tick(book, six, shown)
    assert told.send == (six,)
    assert tick(told.ledger, six, shown, now=NOON.later(1)).send == ()


def test_accepted_alone_proves_nothing_while_the_car_draws_more() -> None:
    book = ask(Ledger(), ActionKind.SET_MAX_CURRENT, value=10.0).ledger
    ten = replace(GO, max_current_a=10.0)
    book = tick(book, ten, charging(16.0)).ledger
    later = NOON.later(5)
    draws_on = replace(charging(16.0, later), accepted_current_a=10.0)
    assert tick(book, ten, draws_on, now=later).changed == ()
    follows = replace(charging(10.0, later), accepted_current_a=10.0)
    assert tick(book, ten, follows, now=later).changed[0].state is ActionState.CONFIRMED


def test_a_battery_mode_is_proven_by_reading_it_back() -> None:
    idle = BatteryTarget(device=STORE, mode=BatteryMode.IDLE, owner=Owner.MANUAL, reason=WHY)
    house = snapshot(battery(operation_mode=BatteryMode.SELF_RELIANCE))
    made = ask(Ledger(), ActionKind.SET_OPERATION_MODE, house, device=DEVICES[3], value="IDLE")
    book = tick(made.ledger, idle, battery(operation_mode=BatteryMode.SELF_RELIANCE)).ledger
    done = battery(NOON.later(2), operation_mode=BatteryMode.IDLE)
    assert tick(book, idle, done, now=NOON.later(2)).changed[0].state is ActionState.CONFIRMED


def test_a_battery_is_not_asked_for_what_it_cannot_do() -> None:
    made = ask(Ledger(), ActionKind.SET_OPERATION_MODE, device=DEVICES[3], value="EXPORT_FOCUS")
    assert made.status == 400
    assert "it can do: SELF_RELIANCE, IDLE, IMPORT_FOCUS" in (made.problem or "")


def test_a_refusal_ends_the_wish_and_the_target_is_not_repeated() -> None:
    book = tick(ask(Ledger()).ledger, GO, charger()).ledger
    book, ended = ledger.refuse(book, GO, "garage says Rejected", NOON.later(1))
    assert ended is not None
    assert ended.failure == Failure(
        type=FailureType.FAILED_PRECONDITION, detail="garage says Rejected"
    )
    assert tick(book, GO, charger(NOON.later(400)), now=NOON.later(400)).send == ()


@pytest.mark.parametrize("code", LIMITED)
def test_limits_that_held_through_the_window_are_named_in_the_failure(code: ReasonCode) -> None:
    book = ask(Ledger()).ledger
    full = Reason(code=code, sentence="Not charging: the main fuse is full.")
    end = NOON.later(300)
    (ended,) = tick(book, replace(PAUSE, reason=full), charger(end), now=end).changed
    assert ended.failure == Failure(
        type=FailureType.FAILED_PRECONDITION, detail="Not charging: the main fuse is full."
    )


def test_cancelling_is_final_and_an_unknown_id_changes_nothing() -> None:
    made = ask(Ledger())
    why = Failure(type=FailureType.REQUESTED_CANCELLATION, detail="cancelled by user")
    book, done = ledger.cancel(made.ledger, action(made).id, why, NOON.later(1))
    assert done is not None
    assert done.failure == why
    later = NOON.later(9)
    assert tick(book, GO, charging(16.0, later), now=later).changed == ()
    assert ledger.cancel(book, "nobody", why, NOON)[1] is None


def test_after_a_restart_the_window_goes_on_and_a_missing_device_is_told() -> None:
    pending = action(ask(Ledger()))
    later = Now(at=NOON.later(100).at, mono_s=5.0)
    book, gone = ledger.restore((pending,), (), KINDS, later, "another boot")
    assert gone == ()
    assert only(book).created_mono_s == later.mono_s - 100
    over = later.later(200)
    assert tick(book, None, charger(over), now=over).changed[0].state is ActionState.FAILED
    _, gone = ledger.restore((pending,), (), {}, later, "boot")
    assert [a.failure and a.failure.type for a in gone] == [FailureType.NOT_FOUND]


class Ledgers(RuleBasedStateMachine):
    """Whatever people and devices do: one pending action, and every end is final."""

    def __init__(self) -> None:
        super().__init__()
        self.book, self.now = Ledger(), NOON
        self.ended: dict[str, Action] = {}
        self.state = PowerDelivery.STOPPED

    def _note(self, changed: tuple[Action, ...]) -> None:
        for a in changed:
            assert a.id not in self.ended
            if not a.pending:
                assert a.completed_at is not None
                assert (a.failure is None) == (a.state is ActionState.CONFIRMED)
                self.ended[a.id] = a

    @rule(kind=st.sampled_from([ActionKind.START, ActionKind.STOP, ActionKind.SET_MAX_CURRENT]))
    def a_person_asks(self, kind: ActionKind) -> None:
        self.now = self.now.later(0.5)
        house = snapshot(charger(self.now, self.state))
        made = ask(self.book, kind, house, self.now, value=10.0)
        self.book = made.ledger
        self._note(made.changed)

    @rule(state=st.sampled_from(list(PowerDelivery)), seconds=st.floats(0, 200))
    def the_device_speaks(self, state: PowerDelivery, seconds: float) -> None:
        self.now, self.state = self.now.later(seconds), state
        target = GO if seconds > 50 else PAUSE
        one = tick(self.book, target, charger(self.now, state), now=self.now)
        self.book = one.ledger
        self._note(one.changed if not any(a.pending for a in one.changed) else ())

    @rule()
    def somebody_cancels(self) -> None:
        for a in self.book.pending.values():
            why = Failure(type=FailureType.REQUESTED_CANCELLATION, detail="x")
            self.book, done = ledger.cancel(self.book, a.id, why, self.now)
            assert done is not None
            self._note((done,))

    @invariant()
    def there_is_one_pending_action_at_most_and_none_that_ended(self) -> None:
        assert len(self.book.pending) <= 1
        assert all(a.pending and a.id not in self.ended for a in self.book.pending.values())


Ledgers.TestCase.settings = examples(50)
TestLedgers = Ledgers.TestCase

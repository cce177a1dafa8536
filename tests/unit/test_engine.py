"""The engine as a whole: pairs, overrides, schedules and documents meet Actions and Targets."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent.control.state import cloud_car
from agent.model.actions import ActionState, FailureType
from agent.model.clock import Now
from agent.model.documents import DocumentKind
from agent.model.intents import (
    ChargeCommand,
    ChargerMode,
    CurrentLimit,
    EnableSchedule,
    EndOverride,
    PowerLimit,
    PutDocument,
    StartOverride,
)
from agent.model.pairs import PairingMode
from agent.model.readings import DeviceId, PowerDelivery
from agent.model.schedules import Location, Schedule, ScheduleState
from agent.model.targets import ChargerTarget, Owner, ReasonCode, VehicleTarget
from agent.store import Persisted
from tests.unit.engine_house import CAR, NIGHT, House, car
from tests.unit.house import GARAGE, charger, charging


def test_a_schedule_holds_the_car_back_and_says_who_may_let_it_go() -> None:
    house = House(NIGHT, charger_mode=ChargerMode.FAST)
    target = house.later(1, charger()).targets[GARAGE]
    assert isinstance(target, ChargerTarget)
    assert (target.charging, target.owner) == (False, Owner.SCHEDULE)
    assert target.reason.code is ReasonCode.SCHEDULE_HOLD
    assert target.reason.changes_at == datetime(2026, 6, 10, 22, tzinfo=UTC)
    answer = house.take(ChargeCommand(device=GARAGE, charging=True))
    assert (answer.status, answer.action) == (422, None)
    assert "Night" in str(answer.problem)
    assert "override" in str(answer.problem)


def test_an_override_charges_against_the_schedule_until_it_is_ended() -> None:
    house = House(NIGHT)
    house.later(1, charger())
    begun = house.take(StartOverride(device=GARAGE))
    assert begun.status == 200
    assert begun.override is not None
    assert begun.action is not None
    assert begun.override.action_id == begun.action.id
    again = house.take(StartOverride(device=GARAGE))
    assert (again.override, again.status) == (begun.override, 200)
    target = house.later(1).targets[GARAGE]
    assert isinstance(target, ChargerTarget)
    assert (target.charging, target.owner) == (True, Owner.OVERRIDE)
    assert house.state.routine.statuses["night"].state is ScheduleState.OVERRIDDEN
    house.later(5, charging(16.0))
    assert house.take(EndOverride(device=GARAGE)).status == 200
    assert house.take(EndOverride(device=GARAGE)).status == 404
    target = house.later(1).targets[GARAGE]
    assert isinstance(target, ChargerTarget)
    assert (target.charging, target.owner) == (False, Owner.SCHEDULE)


def test_at_its_hour_a_schedule_starts_the_charge_by_an_action_of_its_own() -> None:
    evening = Now(at=datetime(2026, 6, 10, 21, 59, 50, tzinfo=UTC), mono_s=1000.0)
    house = House(NIGHT, now=evening)
    ticked = house.later(1, charger())
    assert ticked.next_at is not None
    assert ticked.next_at <= datetime(2026, 6, 10, 22, tzinfo=UTC)
    house.later(10, charger())
    pending = house.state.ledger.pending[GARAGE]
    assert (pending.requested_by, pending.kind) == ("schedule", "START")
    assert any(isinstance(t, ChargerTarget) and t.charging for t in house.sent)
    house.later(5, charging(16.0))
    assert house.state.ledger.last[GARAGE].state is ActionState.CONFIRMED


def test_a_command_for_a_car_goes_to_the_charger_that_it_hangs_on() -> None:
    house = House()
    house.later(1, charger(), car())
    house.pair()
    answer = house.take(ChargeCommand(device=CAR, charging=True))
    assert answer.action is not None
    assert (answer.action.device, answer.action.device_commanded) == (CAR, GARAGE)
    target = house.later(1).targets[GARAGE]
    assert isinstance(target, ChargerTarget)
    assert (target.charging, target.owner) == (True, Owner.MANUAL)
    house.later(5, charging(16.0))
    assert house.state.ledger.last[GARAGE].state is ActionState.CONFIRMED


def test_a_pair_has_one_action_at_a_time() -> None:
    house = House()
    house.later(1, charger(), car())
    house.pair()
    first = house.take(ChargeCommand(device=CAR, charging=True)).action
    same = house.take(ChargeCommand(device=CAR, charging=True)).action
    assert first is not None
    assert same is not None
    assert same.id == first.id
    house.take(CurrentLimit(device=GARAGE, max_current_a=10.0))
    assert [a.kind for a in house.state.ledger.pending.values()] == ["SET_MAX_CURRENT"]
    house.take(ChargeCommand(device=CAR, charging=True))
    assert [a.device for a in house.state.ledger.pending.values()] == [CAR]


def test_a_full_car_is_not_charged_whatever_its_charger_says() -> None:
    house = House()
    house.later(1, charger(), car(PowerDelivery.COMPLETE))
    house.pair()
    action = house.take(ChargeCommand(device=CAR, charging=True)).action
    assert action is not None
    assert action.failure is not None
    assert action.failure.type is FailureType.UNNECESSARY
    assert "car" in action.failure.detail


@pytest.mark.parametrize("mode", [PairingMode.OBSERVE_ONLY, PairingMode.OFF])
def test_where_pairs_only_inform_no_command_is_routed(mode: PairingMode) -> None:
    house = House(mode=mode)
    house.later(1, charger(), car())
    house.pair()
    answer = house.take(ChargeCommand(device=CAR, charging=True))
    assert answer.status == 400
    assert answer.action is not None
    assert answer.action.failure is not None
    assert answer.action.failure.type is FailureType.FAILED_PRECONDITION
    assert "car is not known to be plugged into" in answer.action.failure.detail
    assert GARAGE not in house.state.ledger.pending


def test_a_car_without_a_charger_of_ours_is_told_itself_if_it_takes_commands() -> None:
    house = House(startable=True)
    house.later(1, charger(state=PowerDelivery.UNPLUGGED), car())
    house.take(ChargeCommand(device=CAR, charging=True))
    house.later(1)
    (sent,) = [t for t in house.sent if isinstance(t, VehicleTarget)]
    assert sent.charging
    house.later(60, car(PowerDelivery.CHARGING))
    assert house.state.ledger.last[CAR].state is ActionState.CONFIRMED
    house.later(600, car(PowerDelivery.STOPPED))
    assert len([t for t in house.sent if isinstance(t, VehicleTarget)]) == 1


def test_a_cars_limit_is_one_of_power_and_only_through_its_charger() -> None:
    house = House()
    house.later(1, charger(), car())
    assert house.take(PowerLimit(device=CAR, max_power_w=7000.0)).status == 400
    house.pair()
    assert house.take(PowerLimit(device=CAR, max_power_w=7000.0)).status == 200
    assert house.take(CurrentLimit(device=CAR, max_current_a=10.0)).status == 400


def cloud(rev: int, value: Schedule | None, schedule_id: str = "uuid") -> PutDocument:
    return PutDocument(kind=DocumentKind.SCHEDULE, id=schedule_id, rev=rev, value=value)


def test_only_a_newer_revision_is_applied_and_a_bad_one_leaves_the_old_in_force() -> None:
    house = House()
    day = replace(NIGHT, id="uuid", name="Day")
    assert house.take(cloud(3, day)).status == 200
    assert house.take(cloud(2, replace(day, name="Old"))).status == 200
    assert house.state.routine.papers.schedules["uuid"].name == "Day"
    bad = house.take(cloud(4, replace(day, target=DeviceId("nobody"))))
    assert bad.status == 400
    assert "nobody" in str(bad.problem)
    assert house.state.routine.papers.schedules["uuid"].name == "Day"
    document = house.state.routine.papers.documents[DocumentKind.SCHEDULE, "uuid"]
    assert (document.rev, document.seen_rev, document.problem is None) == (3, 4, False)
    assert house.take(cloud(5, None)).status == 200
    assert house.state.routine.papers.schedules == {}


def test_what_the_installer_wrote_can_be_turned_off_but_not_overwritten() -> None:
    house = House(NIGHT)
    assert house.take(cloud(1, NIGHT, "night")).status == 400
    taken = house.engine.take(
        EnableSchedule(schedule="night", enabled=False), house.snapshot, house.now
    )
    assert taken.change is not None
    assert not house.state.routine.papers.schedules["night"].enabled
    again = House(NIGHT, persisted=Persisted(settings=dict(taken.change.settings)))  # type: ignore[arg-type]
    assert not again.state.routine.papers.schedules["night"].enabled
    assert house.take(EnableSchedule(schedule="day", enabled=True)).status == 404


def test_a_schedule_of_the_cloud_that_a_person_turned_off_is_an_edit_to_be_told() -> None:
    house = House()
    house.take(cloud(1, replace(NIGHT, id="uuid")))
    taken = house.engine.take(
        EnableSchedule(schedule="uuid", enabled=False), house.snapshot, house.now
    )
    assert [(d.id, d.rev, d.source) for d in taken.edited] == [("uuid", 1, "local")]
    assert taken.change is not None
    assert taken.change.documents == taken.edited


def test_deleting_a_place_turns_its_schedules_off() -> None:
    house = House()
    office = Location(id="office", name="Office", latitude_deg=50.0, longitude_deg=4.0)
    house.take(PutDocument(kind=DocumentKind.LOCATION, id="office", rev=1, value=office))
    house.take(cloud(1, replace(NIGHT, id="uuid", location="office")))
    house.take(PutDocument(kind=DocumentKind.LOCATION, id="office", rev=2))
    assert not house.state.routine.papers.schedules["uuid"].enabled


def test_a_request_with_a_fingerprint_is_kept_with_its_answer() -> None:
    house = House()
    house.later(1, charger())
    intent = ChargeCommand(device=GARAGE, charging=True, request_id="r", fingerprint="f")
    taken = house.engine.take(intent, house.snapshot, house.now)
    assert taken.change is not None
    (executed,) = taken.change.executed
    assert (executed.request_id, executed.fingerprint) == ("r", "f")
    assert executed.answer == taken.answer
    assert taken.change.actions


def test_pairs_and_overrides_survive_a_restart() -> None:
    house = House(NIGHT)
    house.later(1, charger(), car())
    house.pair()
    override = house.take(StartOverride(device=CAR)).override
    assert override is not None
    house.later(5, charging(16.0))
    persisted = Persisted(
        memory=house.state.memory_bytes(),
        pairing=house.state.pairing_bytes(),
        overrides=tuple(house.state.routine.running.values()),
    )
    again = House(NIGHT, now=house.now, persisted=persisted)
    ticked = again.later(1, charging(16.0), car())
    assert again.state.routine.charger_of == {CAR: GARAGE}
    assert ticked.targets[GARAGE].owner is Owner.OVERRIDE


def test_a_car_that_only_the_cloud_knows_is_there_again_after_a_restart() -> None:
    house = House()
    guest = cloud_car(DeviceId("0f0e0d0c-0b0a-4009-8807-060504030201"), "Guest", 40_000.0)
    assert house.state.meet(guest)
    assert not house.state.meet(guest)
    again = House(persisted=Persisted(settings=house.state.rows()))
    assert again.state.devices[guest.id] == guest
    assert guest in again.state.settings.devices
    assert CAR not in {d.removeprefix("vehicle:") for d in house.state.rows()}


def test_a_house_without_cars_asks_for_no_tick_of_its_own() -> None:
    house = House(cars=())
    assert house.later(1, charger()).next_at is None
    assert house.later(1, charging(16.0)).next_at is None


def test_what_pairing_remembers_is_written_when_it_changed_and_its_age_always() -> None:
    house = House()
    house.later(1, charger(), car())
    house.pair()
    kept = house.state.pairing_bytes()
    house.later(900)
    quiet = house.state.memories()
    assert quiet.pairing is None
    house.later(1, charging(16.0))
    assert house.state.memories().pairing is not None
    again = House(
        now=house.now.later(5), persisted=Persisted(memory=quiet.memory, pairing=kept)
    ).state.routine.pairing
    session = again.chargers[GARAGE].session
    assert session is not None
    assert session.number == 1  # nobody had the time to swap cars

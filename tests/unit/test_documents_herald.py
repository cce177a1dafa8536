"""What is told to the cloud, and above all what is not."""

from dataclasses import replace
from typing import Any

import orjson

from agent.bridges.documents import HouseHerald, Sender
from agent.model.actions import ActionState
from agent.model.clock import Now
from agent.model.documents import Document, DocumentKind, Source
from agent.model.driver import Transaction
from agent.model.events import Resource, Told
from agent.model.picture import Picture, Session
from agent.model.readings import (
    ChargerReading,
    DeviceId,
    MeterReading,
    PowerDelivery,
    Reading,
)
from agent.model.schedules import Schedule
from agent.model.snapshot import fold
from tests.pictures import AT, GARAGE, GRID, NOW, action, full_picture

SENDER = Sender(agent_id="4711", user_id="anna")


def herald(told: tuple[Resource, ...] = ()) -> HouseHerald:
    return HouseHerald(SENDER, told, random=bytes)


def with_news(picture: Picture, now: Now, *news: Reading) -> Picture:
    snapshot = dict(picture.snapshot)
    for reading in news:
        snapshot[reading.device] = fold(snapshot.get(reading.device), reading)
    return replace(picture, snapshot=snapshot, now=now)


def charger_says(now: Now, **said: Any) -> ChargerReading:
    return ChargerReading(device=GARAGE, at=now.at, mono_s=now.mono_s, **said)


def meter_says(now: Now, power_w: float) -> MeterReading:
    return MeterReading(device=GRID, at=now.at, mono_s=now.mono_s, power_w=power_w)


def names(told: Told) -> list[str]:
    return [event.name for event in told.events]


def body(told: Told, index: int = 0) -> dict[str, Any]:
    made: dict[str, Any] = orjson.loads(told.events[index].body)
    return made


def kept(*parts: Told) -> tuple[Resource, ...]:
    """What the store would hold: the newest of each resource."""
    newest = {(each.type, each.id): each for told in parts for each in told.resources}
    return tuple(newest.values())


def test_a_new_device_is_discovered_with_its_information_alone_and_then_updated() -> None:
    told = herald().look(full_picture())
    first, second = [event for event in told.events if event.resource_type == "charger"]
    assert (first.name, second.name) == ("user:charger:discovered", "user:charger:updated")
    assert (first.resource_rev, second.resource_rev) == (1, 2)
    discovered = orjson.loads(first.body)["charger"]
    assert discovered["information"]["brand"] == "Alfen"
    assert discovered["chargeState"]["chargeRate"] is None
    assert discovered["chargeState"]["powerDeliveryState"] == "UNKNOWN"
    updated = orjson.loads(second.body)
    assert updated["charger"]["chargeState"]["chargeRate"] == 7.36
    assert "chargeState.chargeRate" in updated["updatedFields"]
    assert not first.coalesces
    assert second.coalesces


def test_nothing_new_is_not_told() -> None:
    teller = herald()
    teller.look(full_picture())
    for seconds in (1, 10, 61, 1000):
        assert teller.look(replace(full_picture(), now=NOW.later(seconds))) == Told()


def test_a_plug_that_is_pulled_is_told_at_once() -> None:
    teller, picture = herald(), full_picture()
    teller.look(picture)
    now = NOW.later(1)
    out = charger_says(now, power_delivery=PowerDelivery.UNPLUGGED)
    told = teller.look(with_news(picture, now, out))
    assert names(told) == ["user:charger:updated", "user:vehicle:updated"]
    assert "chargeState.isPluggedIn" in body(told)["updatedFields"]
    assert body(told)["charger"]["chargeState"]["chargeRate"] is None


def test_measurements_are_told_every_five_minutes_at_the_most() -> None:
    teller, picture, events = herald(), full_picture(), 0
    teller.look(picture)
    for seconds in range(1, 3600, 5):
        now = NOW.later(seconds)
        picture = with_news(picture, now, meter_says(now, 100.0 * seconds))
        events += len(teller.look(picture).events)
    assert events == 11


def test_a_measurement_that_was_held_back_is_told_when_its_time_has_come() -> None:
    teller, picture = herald(), full_picture()
    teller.look(picture)
    now = NOW.later(10)
    picture = with_news(picture, now, meter_says(now, 4321.0))
    assert names(teller.look(picture)) == []
    told = teller.look(replace(picture, now=NOW.later(300)))
    assert names(told) == ["user:meter:updated"]
    assert body(told)["meter"]["energyState"]["power"] == 4.32


def test_less_than_ten_watts_is_no_change() -> None:
    teller, picture = herald(), full_picture()
    picture = with_news(picture, NOW, meter_says(NOW, 1000.0))
    teller.look(picture)
    picture = with_news(picture, NOW.later(400), meter_says(NOW.later(400), 1003.0))
    assert names(teller.look(picture)) == []


def test_a_flapping_link_does_not_flood_the_outbox() -> None:
    teller, picture, events = herald(), full_picture(), 0
    teller.look(picture)
    for seconds in range(1, 600):
        now = NOW.later(seconds)
        picture = with_news(picture, now, charger_says(now, reachable=bool(seconds % 2)))
        events += len(teller.look(picture).events)
    assert 20 < events <= 31
    told = teller.look(replace(picture, now=NOW.later(1000)))
    assert [orjson.loads(e.body)["charger"]["isReachable"] for e in told.events] in ([], [True])


def test_a_restart_tells_nothing_twice() -> None:
    first = herald().look(full_picture())
    again = herald(kept(first))
    empty = replace(full_picture(), snapshot={}, counters_wh={})
    assert names(again.look(empty)) == []
    partly = with_news(empty, NOW.later(2), charger_says(NOW.later(2), vendor="Alfen"))
    assert names(again.look(partly)) == []
    assert names(again.look(replace(full_picture(), now=NOW.later(61)))) == []


def test_a_device_that_stays_silent_after_a_restart_is_out_of_reach_with_its_values_kept() -> None:
    again = herald(kept(herald().look(full_picture())))
    picture = full_picture()
    others = {device: seen for device, seen in picture.snapshot.items() if device != GARAGE}
    again.look(replace(picture, snapshot=others))
    told = again.look(replace(picture, snapshot=others, now=NOW.later(61)))
    assert names(told) == ["user:charger:updated"]
    assert body(told)["updatedFields"] == ["isReachable"]
    assert body(told)["charger"]["chargeState"]["powerDeliveryState"] == "PLUGGED_IN:CHARGING"


def test_a_device_that_left_while_hearth_was_off_is_deleted_once() -> None:
    again = herald(kept(herald().look(full_picture())))
    picture = full_picture()
    smaller = replace(picture, devices=tuple(d for d in picture.devices if d.id != GARAGE))
    again.look(smaller)
    told = again.look(replace(smaller, now=NOW.later(61)))
    assert "user:charger:deleted" in names(told)
    gone = next(each for each in told.resources if each.type == "charger")
    assert (gone.body, gone.rev) == (None, 3)
    assert names(again.look(replace(smaller, now=NOW.later(500)))) == []


def test_revisions_go_on_after_a_device_came_back() -> None:
    picture = full_picture()
    smaller = replace(picture, devices=tuple(d for d in picture.devices if d.id != GARAGE))
    teller = herald()
    first = teller.look(picture)
    second = teller.look(replace(smaller, now=NOW.later(61)))
    back = herald(kept(first, second)).look(picture)
    revs = [e.resource_rev for e in back.events if e.resource_type == "charger"]
    assert revs == [4, 5]


def test_each_transition_of_an_action_is_one_event() -> None:
    teller = herald()
    pending = replace(action(ActionState.PENDING), created_at=AT)
    started = teller.actions([pending], NOW)
    assert body(started)["updatedFields"] == ["state"]
    assert teller.actions([replace(pending, attempts=2)], NOW) == Told()
    done = replace(pending, state=ActionState.CONFIRMED, completed_at=AT, attempts=2)
    ended = herald(kept(started)).actions([done], NOW)
    assert names(ended) == ["user:vendor-action:updated"]
    assert body(ended)["resourceRev"] == 2
    assert set(body(ended)["updatedFields"]) == {"state", "completedAt", "attempts"}
    assert not ended.events[0].coalesces
    assert ended.resources[0].body is None


def test_an_action_has_one_last_word() -> None:
    teller = herald()
    done = replace(action(ActionState.CONFIRMED), completed_at=AT)
    assert len(teller.actions([done], NOW).events) == 1
    assert teller.actions([done], NOW) == Told()


def test_a_transaction_begins_once_and_ends_once() -> None:
    teller = herald()
    begun = Transaction(id=7, charger=GARAGE, id_tag="SECRET", started_at=AT, meter_start_wh=1000.0)
    ended = replace(begun, stopped_at=AT, meter_stop_wh=3500.0)
    told = [teller.transaction(each, NOW) for each in (begun, begun, ended, ended)]
    assert [names(each) for each in told] == [
        ["user:transaction:started"],
        [],
        ["user:transaction:ended"],
        [],
    ]
    assert body(told[2])["transaction"]["energyKwh"] == 2.5
    assert b"SECRET" not in told[0].events[0].body


def accounts(energy_wh: float, **more: Any) -> Session:
    """A session all of whose energy but the last kWh is accounted for at 0.30, half of it own."""
    done_wh = more.pop("done_wh", energy_wh)
    return Session(
        id="s", charger=GARAGE, plugged_in_at=AT, energy_wh=energy_wh, traced_wh=done_wh,
        own_wh=done_wh / 2, accounted_wh=done_wh, cost=done_wh * 0.3 / 1000, currency="EUR", **more,
    )  # fmt: skip


def in_session(session: Session, seconds: float) -> Picture:
    return replace(full_picture(), latest={GARAGE: session}, now=NOW.later(seconds))


def test_a_transaction_costs_what_its_session_has_added_since_it_began() -> None:
    teller = herald()
    teller.look(in_session(accounts(4000.0), 0))
    begun = Transaction(id=8, charger=GARAGE, id_tag="x", started_at=AT, meter_start_wh=4000.0)
    started = teller.transaction(begun, NOW)
    assert body(started)["transaction"]["cost"] is None
    assert "begunWith" not in body(started)["transaction"]
    again = herald(kept(started))  # a restart in between
    again.look(in_session(accounts(6000.0), 10))
    ended = replace(begun, stopped_at=AT, meter_stop_wh=6000.0)
    told = body(again.transaction(ended, NOW))
    assert told["transaction"]["cost"] == 0.6
    assert told["transaction"]["currency"] == "EUR"
    assert told["transaction"]["ownShare"] == 0.5
    assert "begunWith" not in told["updatedFields"]


def test_a_cost_that_comes_in_after_the_end_of_a_transaction_is_told_then() -> None:
    teller = herald()
    teller.look(in_session(accounts(0.0), 0))
    begun = Transaction(id=9, charger=GARAGE, id_tag="x", started_at=AT, meter_start_wh=0.0)
    teller.transaction(begun, NOW)
    teller.look(in_session(accounts(2000.0, done_wh=1000.0), 10))
    ended = replace(begun, stopped_at=AT, meter_stop_wh=2000.0)
    assert body(teller.transaction(ended, NOW))["transaction"]["cost"] is None
    assert "user:transaction:updated" not in names(
        teller.look(in_session(accounts(2000.0, done_wh=1500.0), 20))
    )
    late = teller.look(in_session(accounts(2000.0), 30))
    (event,) = [each for each in late.events if each.name == "user:transaction:updated"]
    told = orjson.loads(event.body)
    assert told["transaction"]["cost"] == 0.6
    assert set(told["updatedFields"]) == {"cost", "currency", "ownShare"}
    assert told["resourceRev"] == 3
    assert "user:transaction:updated" not in names(teller.look(in_session(accounts(2000.0), 40)))


def test_of_a_transaction_in_which_a_price_was_not_known_the_cost_is_null_for_good() -> None:
    teller = herald()
    teller.look(in_session(accounts(0.0), 0))
    begun = Transaction(id=9, charger=GARAGE, id_tag="x", started_at=AT, meter_start_wh=0.0)
    teller.transaction(begun, NOW)
    teller.look(in_session(accounts(2000.0, done_wh=1000.0), 10))
    teller.transaction(replace(begun, stopped_at=AT, meter_stop_wh=2000.0), NOW)
    teller.look(in_session(accounts(2000.0, done_wh=1000.0), 1000))
    late = teller.look(in_session(accounts(2000.0), 1010))
    assert "user:transaction:updated" not in names(late)


def test_an_edit_in_the_house_carries_the_revision_that_it_rests_on() -> None:
    teller = herald()
    plan = Schedule(
        id="night", name="Night", target=GARAGE, target_kind=full_picture().devices[0].kind
    )
    document = Document(
        kind=DocumentKind.SCHEDULE, id="night", rev=4, source=Source.LOCAL, value=plan
    )
    told = teller.edited(document, NOW)
    assert names(told) == ["user:schedule:updated-locally"]
    assert body(told)["baseRev"] == 4
    assert body(told)["body"]["name"] == "Night"
    gone = teller.edited(replace(document, value=None), NOW)
    assert (body(gone)["deleted"], body(gone)["body"], body(gone)["resourceRev"]) == (True, None, 2)


def test_ids_of_events_ascend_with_time() -> None:
    teller, ids = herald(), list[str]()
    for state in (ActionState.PENDING, ActionState.CONFIRMED):
        now = NOW.later(len(ids))
        ids += [event.id for event in teller.actions([action(state)], now).events]
    assert ids == sorted(ids)
    assert len(set(ids)) == 2


def test_a_device_id_is_the_same_in_every_life() -> None:
    first, second = (herald().look(full_picture()) for _ in range(2))
    assert [e.resource_id for e in first.events] == [e.resource_id for e in second.events]
    assert DeviceId("garage") not in [e.resource_id for e in first.events]

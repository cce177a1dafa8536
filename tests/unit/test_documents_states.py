"""What is retained on the broker, and how often it is renewed."""

from dataclasses import replace
from typing import Any

import orjson

from agent.bridges.documents import HouseHerald, Sender, States
from agent.bridges.documents.view import Key
from agent.model.picture import Picture
from agent.model.readings import DeviceId, MeterReading
from agent.model.snapshot import fold
from tests.pictures import GARAGE, GRID, NOW, full_picture

SENDER = Sender(agent_id="4711", user_id="anna")


def later(picture: Picture, seconds: float, power_w: float | None = None) -> Picture:
    now = NOW.later(seconds)
    if power_w is None:
        return replace(picture, now=now)
    said = MeterReading(device=GRID, at=now.at, mono_s=now.mono_s, power_w=power_w)
    snapshot = {**picture.snapshot, GRID: fold(picture.snapshot[GRID], said)}
    return replace(picture, now=now, snapshot=snapshot)


def without(picture: Picture, device: DeviceId) -> Picture:
    return replace(picture, devices=tuple(d for d in picture.devices if d.id != device))


def kinds(changed: Any) -> list[str]:
    return sorted(key[0] for key in changed)


def test_every_resource_is_retained_once() -> None:
    states, picture = States(SENDER), full_picture()
    assert kinds(states.changed(picture)) == [
        "battery",
        "charger",
        "hem-system",
        "inverter",
        "meter",
        "pair",
        "vehicle",
    ]
    assert states.changed(later(picture, 1)) == {}


def test_measurements_wait_for_their_turn_and_the_newest_is_sent() -> None:
    states, picture = States(SENDER, every_s=10), full_picture()
    states.changed(picture)
    assert states.changed(later(picture, 4, 100.0)) == {}
    assert states.changed(later(picture, 8, 200.0)) == {}
    sent = states.changed(later(picture, 10, 300.0))
    assert [orjson.loads(body)["energyState"]["power"] for body in sent.values()] == [0.3]


def test_a_stamp_alone_renews_a_document_every_five_minutes() -> None:
    states, picture = States(SENDER), full_picture()
    states.changed(picture)
    assert states.changed(later(picture, 290, -1234.5)) == {}
    assert "meter" in kinds(states.changed(later(picture, 301, -1234.5)))


def test_what_is_gone_is_empty() -> None:
    states, picture = States(SENDER), full_picture()
    known = states.changed(picture)
    gone = states.changed(without(later(picture, 61), GARAGE))
    charger = next(key for key in known if key[0] == "charger")
    assert gone[charger] == b""


def test_a_restart_takes_away_what_left_meanwhile_and_keeps_what_is_silent() -> None:
    told = HouseHerald(SENDER).look(full_picture()).resources
    newest = {(each.type, each.id): each for each in told}
    states = States(SENDER, newest.values())
    dark = replace(without(full_picture(), GARAGE), snapshot={})
    first = states.everything(dark)
    meter = next(orjson.loads(body) for key, body in first.items() if key[0] == "meter")
    assert meter["energyState"]["power"] == -1.23
    after: dict[Key, bytes] = dict(states.changed(later(dark, 61)))
    assert [body for key, body in after.items() if key[0] == "charger"] == [b""]


def test_a_broker_that_forgot_gets_everything_again() -> None:
    states, picture = States(SENDER), full_picture()
    first = states.changed(picture)
    assert states.everything(later(picture, 5)) == first
    assert states.changed(later(picture, 6)) == {}

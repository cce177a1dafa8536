"""Listeners to the house are bounded, and what a recording tells can be given away."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from agent import taps
from agent.bridges.streams.positions import Positions
from agent.bridges.streams.writing import Discretion, Writer
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.intents import ChargeCommand, ChargerMode, CorrectPair, ModeChoice, PowerLimit
from agent.model.pairs import PairingCar, PairingCharger, PairingSettings
from agent.model.picture import Picture
from agent.model.readings import (
    ChargerReading,
    DeviceId,
    DeviceKind,
    MeterReading,
    PowerDelivery,
    Reading,
    VehicleReading,
)
from agent.model.snapshot import fold, seen
from agent.model.targets import ChargerTarget, Owner, Reason, ReasonCode
from agent.taps import Tap, Taps

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
BOX, CAR, GRID = DeviceId("box"), DeviceId("car"), DeviceId("grid")


def now(seconds: float = 0.0) -> Now:
    return Now(at=AT + timedelta(seconds=seconds), mono_s=1000.0 + seconds)


def picture(**more: Any) -> Picture:
    devices = (
        DeviceInfo(id=BOX, kind=DeviceKind.CHARGER, name="Box", driver="ocpp"),
        DeviceInfo(id=CAR, kind=DeviceKind.VEHICLE, name="Car", driver="teslamate"),
        DeviceInfo(id=GRID, kind=DeviceKind.METER, name="Grid", driver="sdm630"),
        DeviceInfo(id=DeviceId("ocpp"), kind=DeviceKind.LINK, name="ocpp", driver="ocpp"),
    )
    pairing = PairingSettings(
        cars=(PairingCar(id=CAR, capacity_wh=60_000.0, id_tokens=frozenset({"04 a1 b2"})),),
        chargers=(PairingCharger(id=BOX, latitude_deg=50.85, longitude_deg=4.35),),
        timezone="Europe/Brussels",
    )
    return Picture(now=now(), devices=devices, started_at=AT, pairing=pairing, **more)


def box(seconds: float = 0.0, **said: Any) -> ChargerReading:
    return ChargerReading(device=BOX, at=now(seconds).at, mono_s=now(seconds).mono_s, **said)


def test_a_listener_that_does_not_listen_loses_the_oldest_and_knows_how_many() -> None:
    tap = Tap()
    for second in range(taps.MOST + 7):
        tap.tell(box(second))
    kept = tap.take()
    assert (len(kept), tap.dropped) == (taps.MOST, 7)
    assert isinstance(kept[0], Reading)
    assert kept[0].mono_s == now(7).mono_s
    assert tap.take() == ()


def test_nobody_is_told_any_more_who_has_left() -> None:
    house = Taps()
    with house.listening() as tap:
        house.tell(box())
        assert len(house) == 1
    house.tell(box())
    assert len(house) == 0
    assert len(tap.take()) == 1


def test_the_header_names_devices_and_hides_tokens() -> None:
    writer = Writer(Discretion())
    head = json.loads(writer.header(picture()))
    assert [d["id"] for d in head["devices"]] == ["box", "car", "grid"]
    assert head["site"] == {"latitude": 50.85, "longitude": 4.35}
    (hidden,) = head["idTokens"]
    assert "04" not in hidden[:2]
    line = writer.line(box(id_tag="04A1B2"), now())
    assert line is not None
    assert json.loads(line)["idToken"] == hidden  # the same card in another spelling
    other = json.loads(Writer(Discretion()).header(picture()))
    assert hidden not in other["idTokens"]  # means nothing in another file


def test_tokens_and_positions_are_told_as_asked() -> None:
    writer = Writer(Discretion(tokens=True, positions=Positions.NONE))
    head = json.loads(writer.header(picture()))
    assert head["idTokens"] == {"04 a1 b2": "car"}
    assert "site" not in head
    car = VehicleReading(device=CAR, at=AT, mono_s=1000.0, latitude_deg=50.0, longitude_deg=4.0,
                         soc_percent=50.0)  # fmt: skip
    line = writer.line(car, now())
    assert line is not None
    assert "latitude" not in json.loads(line)


def test_an_address_stays_an_address_when_it_is_hidden() -> None:
    writer = Writer(Discretion())
    writer.header(picture())
    line = writer.line(box(id_tag="VID:001122334455"), now())
    assert line is not None
    token = json.loads(line)["idToken"]
    assert token.startswith("VID:")
    assert len(token) == 16
    assert "001122334455" not in token


def test_seen_never_goes_back_though_the_clock_does() -> None:
    writer = Writer(Discretion())
    writer.header(picture())
    lines = [writer.line(box(power_w=1.0), now(s)) for s in (10, -50, 20)]
    times = [json.loads(line)["seen"] for line in lines if line]
    assert times == sorted(times)
    assert len(times) == 3


def test_a_recording_begins_with_the_house_as_it_stands_each_word_with_its_age() -> None:
    state = fold(seen(box(-100, power_delivery=PowerDelivery.STOPPED)), box(-10, power_w=0.0))
    writer = Writer(Discretion())
    pic = picture(snapshot={BOX: state})
    writer.header(pic)
    rows = [json.loads(line) for line in writer.standing(pic, now())]
    assert [row["at"][11:19] for row in rows] == ["11:58:20", "11:59:50"]
    assert rows[0]["powerDeliveryState"] == "PLUGGED_IN:STOPPED"
    assert rows[1]["chargeRate"] == 0.0
    assert len({row["seen"] for row in rows}) == 1


def test_commands_and_wishes_are_told_as_the_protocol_has_them() -> None:
    writer = Writer(Discretion())
    writer.header(picture())
    reason = Reason(code=ReasonCode.MODE_FAST, sentence="")

    def told(happening: Any) -> Any:
        line = writer.line(happening, now())
        return None if line is None else json.loads(line)

    target = ChargerTarget(device=BOX, charging=True, max_current_a=13.04, owner=Owner.DEFAULT,
                           reason=reason)  # fmt: skip
    assert told(target)["command"] == "LIMIT"
    assert told(target)["value"] == 13.0
    wish = told(ChargeCommand(device=CAR, charging=False, request_id="r1"))["intent"]
    assert wish["command"] == "action.create"
    assert wish["body"] == {"targetType": "vehicle", "targetId": "car", "kind": "STOP"}
    limit = told(PowerLimit(device=BOX, max_power_w=7400.0))["intent"]
    assert limit["body"]["target"] == {"chargeRateLimit": 7.4}
    assert told(CorrectPair(charger=BOX, vehicle=None, guest=True))["intent"]["body"]["guest"]
    assert told(ModeChoice(device=BOX, mode=ChargerMode.SOLAR)) is None
    assert told(MeterReading(device=GRID, at=AT, mono_s=1.0, power_w=-1500.0))["power"] == -1.5
    assert told(MeterReading(device=DeviceId("gone"), at=AT, mono_s=1.0, power_w=1.0)) is None
    assert told(box(vendor="Maker")) is None

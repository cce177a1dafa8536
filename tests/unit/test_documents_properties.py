"""Whatever happens in a house: who keeps the events knows it as it is, and no revision is lost."""

from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from agent.bridges.documents import HouseHerald, States
from agent.bridges.documents.changes import Worth, differences, worth
from agent.model.driver import DeviceInfo
from agent.model.events import Resource, Told
from agent.model.picture import Picture
from agent.model.readings import (
    BatteryReading,
    ChargerReading,
    DeviceId,
    MeterReading,
    PowerDelivery,
    Reading,
)
from agent.model.snapshot import Seen, fold
from tests.documents import DEVICES, NOW, SENDER
from tests.examples import examples

GARAGE, GRID, CELLAR = (DeviceId(name) for name in ("garage", "grid", "cellar"))
KEYS = {"hem-system": "hemSystem"}
Snapshot = dict[DeviceId, Seen[Reading]]


@dataclass
class Cloud:
    """Keeps what the events say, and what the store would keep."""

    view: dict[tuple[str, str], Any] = field(default_factory=dict)
    revs: dict[tuple[str, str], int] = field(default_factory=dict)
    kept: dict[tuple[str, str], Resource] = field(default_factory=dict)

    def take(self, told: Told) -> None:
        for event in told.events:
            key = (event.resource_type, event.resource_id)
            assert event.resource_rev == self.revs.get(key, 0) + 1
            self.revs[key] = event.resource_rev
            body = orjson.loads(event.body)
            self.view[key] = body[KEYS.get(key[0], key[0])]
            if event.name.endswith(":deleted"):
                del self.view[key]
        for each in told.resources:
            self.kept[each.type, each.id] = each


WATTS = st.sampled_from([None, 0.0, 3.0, 1500.0, 7200.0])
STATES = st.sampled_from([None, *PowerDelivery])
STEPS = st.lists(
    st.tuples(
        st.sampled_from([0.1, 1.0, 20.0, 70.0, 400.0]),
        st.sampled_from(["charger", "meter", "battery", "restart", "leave", "come", "nothing"]),
        WATTS,
        STATES,
        st.sampled_from([None, True, False]),
    ),
    max_size=25,
)


def said(what: str, now: Any, power_w: Any, state: Any, reachable: Any) -> Reading | None:
    stamp = {"at": now.at, "mono_s": now.mono_s, "reachable": reachable}
    match what:
        case "charger":
            return ChargerReading(device=GARAGE, power_w=power_w, power_delivery=state, **stamp)
        case "meter":
            return MeterReading(device=GRID, power_w=power_w, **stamp)
        case "battery":
            return BatteryReading(device=CELLAR, power_w=power_w, soc_percent=power_w, **stamp)
        case _:
            return None


@given(steps=STEPS)
@examples(80)
def test_the_events_tell_the_house_as_it_is(steps: list[Any]) -> None:
    cloud, herald, now = Cloud(), HouseHerald(SENDER), NOW
    snapshot: Snapshot = {}
    devices: tuple[DeviceInfo, ...] = DEVICES
    picture = Picture(now=now, devices=devices, started_at=now.at)
    for pause_s, what, power_w, state, reachable in steps:
        now = now.later(pause_s)
        if what == "restart":
            herald, snapshot = HouseHerald(SENDER, cloud.kept.values()), {}
        elif what in ("leave", "come"):
            devices = DEVICES if what == "come" else DEVICES[1:]
        news = said(what, now, power_w, state, reachable)
        if news is not None:
            snapshot = {**snapshot, news.device: fold(snapshot.get(news.device), news)}
        picture = replace(picture, now=now, devices=devices, snapshot=snapshot)
        cloud.take(herald.look(picture))
    for _ in range(20):
        now = now.later(31)
        picture = replace(picture, now=now)
        cloud.take(herald.look(picture))
    assert herald.look(replace(picture, now=now.later(1))) == Told()
    heard = {device for device in snapshot if device in {info.id for info in devices}}
    compare(cloud, picture, heard)


def compare(cloud: Cloud, picture: Picture, heard: set[DeviceId]) -> None:
    """Devices that spoke since the start are known as they are, the others as out of reach."""
    true = {key: orjson.loads(body) for key, body in States(SENDER).changed(picture).items()}
    assert set(cloud.view) == set(true)
    for key, doc in true.items():
        view = cloud.view[key]
        if key[0] == "hem-system" or doc["information"]["id"] in heard:
            change = worth(key[0], differences(view, doc), view, doc)
            assert change <= Worth.STAMP, (key, differences(view, doc))
        else:
            assert view["isReachable"] is False

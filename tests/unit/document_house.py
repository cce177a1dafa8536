"""The documents of one pictured house, for tests of what they say."""

from dataclasses import replace
from typing import Any

import orjson

from agent.bridges.documents import Sender, States, device_id
from agent.model.pairs import Pair, PairStage
from agent.model.picture import Picture
from agent.model.readings import ChargerReading, DeviceId, Reading, VehicleReading
from agent.model.snapshot import fold
from tests.documents import AT, DEVICES, HOME, NOW

SENDER = Sender(agent_id="4711", user_id="anna", house="home")
GARAGE, ZOE, GRID, ROOF, CELLAR = (
    DeviceId(name) for name in ("garage", "zoe", "grid", "roof", "cellar")
)
PAIR = Pair(id="zoe+garage", vehicle=ZOE, charger=GARAGE, stage=PairStage.ACTIVATED)


def picture(*said: Reading, **more: Any) -> Picture:
    snapshot: dict[DeviceId, Any] = {}
    for reading in said:
        snapshot[reading.device] = fold(snapshot.get(reading.device), reading)
    house = Picture(
        now=NOW,
        devices=DEVICES,
        snapshot=snapshot,
        locations={"home": HOME},
        where=dict.fromkeys((GARAGE, ROOF, CELLAR), "home"),
        started_at=AT,
    )
    return replace(house, **more)


def document(device: DeviceId, house: Picture, sender: Sender = SENDER) -> dict[str, Any]:
    wanted = device_id(sender.agent_id, device)
    bodies = {key[1]: body for key, body in States(sender).changed(house).items()}
    made: dict[str, Any] = orjson.loads(bodies[wanted])
    return made


def ago(seconds: float) -> dict[str, Any]:
    now = NOW.later(-seconds)
    return {"at": now.at, "mono_s": now.mono_s}


def car(seconds: float = 0.0, **said: Any) -> VehicleReading:
    return VehicleReading(device=ZOE, **ago(seconds), **said)


def box(seconds: float = 0.0, **said: Any) -> ChargerReading:
    return ChargerReading(device=GARAGE, **ago(seconds), **said)

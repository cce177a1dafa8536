"""Frames that no sane device sends, and a whole Hearth, without sockets, that has to bear them.

Each frame is a good one with a few things wrong: a field of another type, a figure beyond all
measure, bytes changed, lost or repeated. What is understood of it goes the whole way: into the
house, through a tick of control, and out again as status document and Home Assistant state.
Whatever is raised on that way is a crash.
"""

import json
import random
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from agent.bridges.home_assistant.commands import Order, intent_of, orders
from agent.bridges.home_assistant.entity import BadCommand
from agent.bridges.home_assistant.states import Views, counters, state_json
from agent.bridges.home_assistant.tables import TABLE, household, rows_of
from agent.bridges.home_assistant.topics import Topics
from agent.bridges.mqtt import Broker
from agent.bridges.status import document
from agent.control import Control, books
from agent.control.rules import HouseRules
from agent.house import House
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.intents import ChargerMode
from agent.model.pairs import PairingCar, PairingCharger, PairingSettings
from agent.model.readings import DeviceId, DeviceKind, Reading
from agent.model.schedules import Schedule
from agent.model.wishes import ChargerWish, Wishes
from agent.plan.settings import ChargerSettings, PlanSettings
from agent.store import Store
from drivers.modbus.image import Image, addresses
from drivers.modbus.maps import load_models
from drivers.modbus.meaning import Meaning, Parts
from drivers.modbus.model import Register
from drivers.ocpp import rpc
from drivers.ocpp.anomalies import Anomalies
from drivers.ocpp.calls import Pacing
from drivers.ocpp.config import ChargerConfig
from drivers.ocpp.connector import Connector
from drivers.ocpp.session import Session, Shared
from drivers.ocpp.v16 import V16

GARAGE, GRID, ROOF, STORE, ZOE = (
    DeviceId(n) for n in ("garage", "grid", "roof", "roof_battery", "zoe")
)
TICK_EVERY = 100  # frames
FRESH_S = 30.0
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MODES = ("SELF_RELIANCE", "IDLE", "IMPORT_FOCUS")
DEVICES = (
    DeviceInfo(id=GARAGE, kind=DeviceKind.CHARGER, name="Garage", driver="ocpp"),
    DeviceInfo(id=GRID, kind=DeviceKind.METER, name="Grid", driver="eastron_sdm630"),
    DeviceInfo(id=ROOF, kind=DeviceKind.INVERTER, name="Roof", driver="huawei_sun2000"),
    DeviceInfo(id=STORE, kind=DeviceKind.BATTERY, name="Cellar", driver="x", battery_modes=MODES),
    DeviceInfo(id=ZOE, kind=DeviceKind.VEHICLE, name="Zoe", driver="mqtt"),
)
NIGHT = Schedule(id="night", target=GARAGE, target_kind=DeviceKind.CHARGER, enabled=False)
RULES = HouseRules(
    pairing=PairingSettings(cars=(PairingCar(id=ZOE),), chargers=(PairingCharger(id=GARAGE),)),
    schedules={NIGHT.id: NIGHT},
)
SETTINGS = PlanSettings(
    fuse_a=25.0, grid_meter=GRID, devices=DEVICES, chargers={GARAGE: ChargerSettings()}
)

SAMPLES = [
    {"value": "123456", "measurand": "Energy.Active.Import.Register", "unit": "Wh"},
    {"value": "6.9", "measurand": "Power.Active.Import", "unit": "kW"},
    {"value": "10.1", "measurand": "Current.Import", "unit": "A", "phase": "L1"},
    {"value": "230.4", "measurand": "Voltage", "unit": "V", "phase": "L1-N"},
    {"value": "55", "measurand": "SoC", "unit": "Percent"},
    {"value": "16", "measurand": "Current.Offered", "unit": "A"},
]
METER_VALUE = {"timestamp": "2026-06-01T12:00:00Z", "sampledValue": SAMPLES}
AT = {"timestamp": "2026-06-01T12:00:00Z"}
NO_ERROR = {"connectorId": 1, "errorCode": "NoError"}
FRAMES: tuple[list[Any], ...] = (
    [2, "1", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}],
    [2, "2", "StatusNotification", {**NO_ERROR, "status": "Charging"}],
    [2, "3", "StatusNotification", {**NO_ERROR, "status": "Available"}],
    [2, "4", "StatusNotification", {**NO_ERROR, "status": "Faulted", "errorCode": "OtherError"}],
    [2, "5", "StartTransaction", {"connectorId": 1, "idTag": "T", "meterStart": 1, **AT}],
    [2, "6", "StopTransaction", {"transactionId": 5, "meterStop": 9, "reason": "Local", **AT}],
    [2, "7", "StopTransaction", {"transactionId": 5, "meterStop": 9, **AT}, [METER_VALUE]],
    [2, "8", "MeterValues", {"connectorId": 1, "transactionId": 5, "meterValue": [METER_VALUE]}],
    [2, "9", "Authorize", {"idTag": "T"}],
    [2, "10", "DataTransfer", {"vendorId": "x", "messageId": "m", "data": "y"}],
    [2, "11", "Heartbeat", {}],
    [3, "12", {"status": "Accepted"}],
    [4, "13", "InternalError", "", {}],
)
ODD: tuple[object, ...] = (
    None, True, False, 0, -0.0, -1, 2**31, -(2**63), 2**70, 1e300, -1e300, float("nan"),
    float("inf"), "", " ", "x" * 300, [], {}, [[]], {"a": {}}, "NaN", "-inf", "1e999", "0x10",
    " 12,5 ", "\u0663", "\ud800", "\x00", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.9999999-14:00", "2026-06-01T23:59:60Z", "Charging", "kWh", "L1",
)  # fmt: skip
WORDS = (0, 1, 0x7FFF, 0x8000, 0xFFFF, 0x7F80, 0x7FC0, 0xFF80, 0x4B00)
COMMANDS = (b"ON", b"OFF", b"12", b"6.5", b"fast", b"SELF_RELIANCE", b"1e3", b"nan", b"-0", b"Zoe")


def bent(data: bytes, dice: random.Random) -> bytes:
    """With bytes changed, lost, added or repeated."""
    changed = bytearray(data)
    for _ in range(dice.randrange(1, 4)):
        at = dice.randrange(len(changed) + 1)
        match dice.randrange(4):
            case 0:
                changed[at : at + 1] = bytes([dice.randrange(256)])
            case 1:
                del changed[at : at + dice.randrange(1, 20)]
            case 2:
                changed[at:at] = dice.randbytes(dice.randrange(1, 8))
            case _:
                changed[at:at] = changed[at : at + dice.randrange(1, 60)]
    return bytes(changed)


def ocpp_frame(dice: random.Random) -> bytes:
    """A message of a charger with one to three of its values replaced, or its bytes bent."""
    frame = json.loads(orjson.dumps(dice.choice(FRAMES)))
    for _ in range(dice.randrange(1, 4)):
        _spoil(frame, dice)
    data = json.dumps(frame).encode()
    return bent(data, dice) if dice.random() < 0.3 else data


def _spoil(tree: Any, dice: random.Random) -> None:
    """Walk down to some place of a JSON tree and put something odd there."""
    while True:
        places: Sequence[Any] = list(tree) if isinstance(tree, dict) else range(len(tree))
        if not places:
            return
        place = dice.choice(places)
        deeper = isinstance(tree[place], dict | list) and dice.random() < 0.8
        if deeper:
            tree = tree[place]
            continue
        if dice.random() < 0.15:
            del tree[place]
        else:
            tree[place] = deepcopy(dice.choice(ODD))
        return


def command(dice: random.Random) -> bytes:
    """A payload on a command topic."""
    good = dice.choice(COMMANDS)
    return bent(good, dice) if dice.random() < 0.7 else good


@dataclass
class Clock:
    """A second passes with each frame."""

    value: Now = field(default_factory=lambda: Now(at=NOON, mono_s=1000.0))

    def now(self) -> Now:
        return self.value

    async def sleep(self, seconds: float) -> None:
        self.value = self.value.later(seconds)


@dataclass
class Makes:
    """The register maps of every make, each as if it were the house's only one."""

    dice: random.Random
    meanings: list[tuple[Meaning, list[Register]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        parts = Parts(inverter=ROOF, battery=STORE, meter=GRID)
        for model in load_models().values():
            registers = [r for r in model.registers_for(()) if r.readable]
            self.meanings.append((Meaning(model, registers, parts), registers))

    def poll(self, now: Now) -> Sequence[Reading]:
        """Readings of a poll whose every register holds whatever it likes."""
        meaning, registers = self.dice.choice(self.meanings)
        some = self.dice.sample(registers, min(len(registers), 12))
        image = Image()
        words = image._words.setdefault  # noqa: SLF001 - spans do not matter here
        for register in some:
            held = words((1, register.table), {})
            needed = [*addresses(register), register.sf_address]
            held.update((a, self._word()) for a in needed if a is not None)
        values = image.values([(1, register) for register in some], {})
        return meaning.readings(values, now)

    def _word(self) -> int:
        return self.dice.choice(WORDS) if self.dice.random() < 0.5 else self.dice.randrange(65536)


class HostileHouse:
    """Hearth, surrounded by devices that all send nonsense.

    Args:
        seed: makes a run repeatable.

    Attributes:
        understood: readings and intents that nonsense has led to.
        crashes: kind of frame, the frame or its number, what was raised.
    """

    def __init__(
        self, store: Store, control: Control, house: House, clock: Clock, seed: int
    ) -> None:
        self.dice = random.Random(seed)
        self.crashes: list[tuple[str, object, BaseException]] = []
        self.frames = self.understood = 0
        self._store, self._control, self._house, self._clock = store, control, house, clock
        self._makes, self._views, self._dialect = Makes(self.dice), Views(), V16()
        self._kinds = (self.ocpp, self.ocpp, self.modbus, self.mqtt)
        self._topics = Topics(Broker(host="127.0.0.1"), "hostile")
        self._session = _session(store, clock, house)
        self._orders: list[Order] = []

    async def frame(self) -> None:
        """One of any kind; half of them are OCPP."""
        await self.dice.choice(self._kinds)()

    async def ocpp(self) -> None:
        data = ocpp_frame(self.dice)
        await self._bear("ocpp", data, self._hear(data))

    async def modbus(self) -> None:
        await self._bear("modbus", self.frames, self._poll())

    async def mqtt(self) -> None:
        data = command(self.dice)
        await self._bear("mqtt", data, self._obey(data))

    async def _bear(self, kind: str, what: object, work: Coroutine[Any, Any, None]) -> None:
        """Count a frame, and whatever it breaks."""
        self.frames += 1
        self._clock.value = self._clock.value.later(1.0)
        try:
            await work
            if self.frames % TICK_EVERY == 0:
                await self._live()
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            self.crashes.append((kind, what, error))

    async def _hear(self, data: bytes) -> None:
        rpc.masked(data)
        frame = rpc.read_frame(data)
        if isinstance(frame, rpc.Unreadable) and frame.id is not None:
            rpc.fault_frame(frame.id, "FormationViolation", frame.why)
        if not isinstance(frame, rpc.Call):
            return
        reply, readings = await self._dialect.handle(self._session, frame, self._clock.now())
        if isinstance(reply, rpc.Fault):
            rpc.fault_frame(frame.id, reply.code, reply.description)
        else:
            rpc.result_frame(frame.id, reply)
        for reading in readings:
            self.understood += 1
            await self._house.report(reading)

    async def _poll(self) -> None:
        for reading in self._makes.poll(self._clock.now()):
            self.understood += 1
            await self._house.report(reading)

    async def _obey(self, payload: bytes) -> None:
        if not self._orders:
            known = orders(self._topics, self._control.pictures.value, frozenset(TABLE))
            self._orders = list(known.values())
        try:
            intent = intent_of(self.dice.choice(self._orders), payload)
        except BadCommand:
            return
        if intent is not None and (await self._control.submit(intent)).problem is None:
            self.understood += 1

    async def _live(self) -> None:
        """A tick, and everything that is shown and stored after it."""
        self._control.tick()
        now = self._clock.now()
        for device, seen in self._house.now.value.items():
            self._store.record(now, device, books.sample(seen, now.mono_s, FRESH_S))
        picture = self._control.pictures.value
        orjson.dumps(document(picture))
        home = household(picture)
        for info in picture.devices:
            rows, view = rows_of(info, home), self._views.of(info, picture)
            state_json(rows, view)
            counters(rows, view)


def _session(store: Store, clock: Clock, house: House) -> Session:
    who = Anomalies("Garage")
    connectors = {1: Connector(GARAGE, ChargerConfig(identity="CP1"), who.count)}
    session = Session("CP1", connectors, 60, who)
    session.start(
        Shared(
            clock=clock,
            book=store.transactions,
            notebook=store.notebook,
            pacing=Pacing(),
            report=house.report,
            speak=lambda _version, _session: V16(),
        )
    )
    return session


@asynccontextmanager
async def hostile_house(folder: Path, seed: int) -> AsyncIterator[HostileHouse]:
    """Hearth on a database of its own; its samples are taken with each tick."""
    clock, house = Clock(), House()
    store = await Store.open(folder / "hearth.db", clock)
    control = Control(
        house=house,
        store=store,
        clock=clock,
        settings=SETTINGS,
        wishes=Wishes(chargers={GARAGE: ChargerWish(mode=ChargerMode.MIN_SOLAR)}),
        drivers={},
        persisted=await store.load(),
        rules=RULES,
    )
    try:
        yield HostileHouse(store, control, house, clock, seed)
    finally:
        await store.close()

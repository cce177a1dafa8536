"""SunSpec images written by pysunspec2, an independent implementation, are read back equal."""

import random
import struct
from collections.abc import Sequence

import pytest
from pyModbusTCP.server import DataBank
from sunspec2.device import Model

from agent.clock import SystemClock
from agent.model.readings import InverterReading, MeterReading
from drivers.modbus.image import addresses
from drivers.modbus.link import Bus
from drivers.modbus.model import Register, Tier
from drivers.modbus.plans import TIERS
from drivers.modbus.poller import Poller
from drivers.modbus.wire import Endpoint
from tests.notebook import Notebook
from tests.sim.modbus_helpers import MODELS, House, drivers, image_server, port_of, running

SPECIAL = ("ID", "L", "Pad")
RANGES = {
    "int16": (-30000, 30000),
    "uint16": (1, 60000),
    "acc32": (1, 2**31),
    "uint32": (1, 2**31),
    "acc64": (1, 2**40),
    "uint64": (1, 2**40),
    "int32": (-(2**30), 2**30),
}


def filled(model_id: int, chance: random.Random) -> Model:
    """A model with a value in every point that pysunspec2 knows."""
    model = Model(model_id)
    for name, point in model.points.items():
        kind = point.pdef["type"]
        if name in SPECIAL:
            continue
        if kind == "sunssf":
            point.value = chance.randint(-3, 1)
        elif kind == "float32":
            point.value = struct.unpack(">f", struct.pack(">f", chance.uniform(-1e4, 1e4)))[0]
        elif kind == "string":
            point.value = f"{name}-{chance.randint(1, 99)}"
        elif kind in RANGES:
            point.value = chance.randint(*RANGES[kind])
        elif kind.startswith(("enum", "bitfield")):
            point.value = chance.randint(1, 4)
    return model


def words_of(model: Model) -> list[int]:
    data = model.get_mb()
    words = list(struct.unpack(f">{len(data) // 2}H", data))
    words[:2] = [model.model_id, len(words) - 2]
    return words


def serve(bank: DataBank, base: int, models: Sequence[Model], end: Sequence[int]) -> None:
    words = [0x5375, 0x6E53]
    for model in models:
        words += words_of(model)
    bank.set_holding_registers(base, [*words, *end])


def truth(register: Register, start: int, models: dict[int, Model]) -> object:
    """What pysunspec2 says stands at a register; None if it has no such point."""
    model = models[start]
    offset = next(iter(addresses(register))) - start
    for point in model.points.values():
        if point.offset == offset:
            if point.value is None or isinstance(point.value, str):
                return point.value
            factor = 10.0 ** model.points[point.sf].value if point.sf else 1.0
            number = point.value * factor * register.scale
            return register.enum.get(int(number), number)
    raise AssertionError(f"pysunspec2 has no point at {offset} of model {model.model_id}")


@pytest.mark.parametrize("base", [40000, 0, 50000])
@pytest.mark.parametrize("end", [[0xFFFF, 0], [0, 0]])
async def test_an_image_of_pysunspec2_is_read_back_equal(base: int, end: list[int]) -> None:
    chance = random.Random(base)
    models = [filled(n, chance) for n in (1, 103, 120, 122, 124, 203, 701, 802)]
    starts, at = {}, base + 2
    for model in models:
        starts[at] = model
        at += len(words_of(model))
    compared = 0
    with image_server() as server:
        serve(server.data_bank, base, models, end)
        clock, bus = SystemClock(), Bus(Endpoint("127.0.0.1", port_of(server)), clock=SystemClock())
        poller = Poller(
            name="roof",
            model=MODELS["sunspec"],
            unit=1,
            timeout_s=1,
            bus=bus,
            clock=clock,
            notebook=Notebook(),
        )
        await poller.prepare()
        assert poller.undecided
        values = dict((await poller.read(*TIERS)).values)
        values |= (await poller.read(Tier.FAST)).values
        values |= (await poller.read(Tier.SLOW)).values
        await bus.close()
        assert poller.identity is not None
        assert [(f.model, f.start) for f in poller.identity.found] == [
            (model.model_id, start) for start, model in starts.items()
        ]
        first: dict[tuple[str, str], Register] = {}
        for register in poller.registers:
            first.setdefault(register.key, register)
        for key, register in first.items():
            if key not in values or key[0] == "sunspec":
                continue
            start = max(s for s in starts if s <= next(iter(addresses(register))))
            expected = truth(register, start, starts)
            assert values[key] == (pytest.approx(expected) if expected else expected), key
            compared += 1
    assert compared > 30


def inverter(power_w: int, scale_factor: int | None) -> Model:
    model = Model(103)
    for name, value in {"W": power_w, "W_SF": scale_factor, "Hz": 5000, "Hz_SF": -2}.items():
        model.points[name].value = value
    return model


def common() -> Model:
    model = Model(1)
    for name, value in {"Mn": "Fronius", "Md": "Symo 8.2", "SN": "123", "Vr": "1.2"}.items():
        model.points[name].value = value
    return model


def meter(power_w: int) -> Model:
    model = Model(203)
    for name, value in {"W": power_w, "W_SF": 0, "TotWhImp": 5000, "TotWh_SF": 1}.items():
        model.points[name].value = value
    return model


async def test_an_inverter_and_its_meter_become_readings() -> None:
    with image_server() as server:
        serve(server.data_bank, 40000, [common(), inverter(4321, 0), meter(-900)], [0xFFFF, 0])
        (driver,) = drivers(
            roof={"driver": "sunspec", "port": port_of(server), "parts": ["inverter", "meter"]}
        )
        house = House()
        async with running(driver, house):
            produced = await house.said("roof", "production_w")
            named = await house.said("roof", "serial_number")
            grid = await house.said("roof_meter", "power_w")
    assert isinstance(produced, InverterReading)
    assert isinstance(grid, MeterReading)
    assert (produced.production_w, produced.ac_power_w) == (4321.0, 4321.0)
    assert (named.vendor, named.model, named.firmware) == ("Fronius", "Symo 8.2", "1.2")
    assert grid.power_w == -900.0


async def test_a_value_without_its_scale_factor_is_unknown() -> None:
    with image_server() as server:
        serve(server.data_bank, 40000, [common(), inverter(4321, None)], [0xFFFF, 0])
        (driver,) = drivers(roof={"driver": "sunspec", "port": port_of(server)})
        house = House()
        async with running(driver, house):
            known = await house.said("roof", "frequency_hz")
            await house.said("roof", "serial_number")
    assert isinstance(known, InverterReading)
    assert known.frequency_hz == 50.0
    assert not [r for r in house.readings if getattr(r, "production_w", None) is not None]


async def test_a_device_whose_models_move_is_walked_again() -> None:
    with image_server() as server:
        serve(server.data_bank, 40000, [common(), inverter(1000, 0)], [0xFFFF, 0])
        settings = {"driver": "sunspec", "port": port_of(server), "poll_s": 0.5}
        (driver,) = drivers(roof=settings)
        house = House()
        async with running(driver, house):
            await house.until(lambda r: getattr(r, "production_w", None) == 1000.0)
            changed = Model(113)
            changed.points["W"].value = 2500.0
            serve(server.data_bank, 40000, [common(), changed], [0xFFFF, 0])
            await house.until(lambda r: getattr(r, "production_w", None) == 2500.0)
    powers = {getattr(r, "production_w", None) for r in house.readings}
    assert powers <= {None, 1000.0, 2500.0}


async def test_a_device_without_the_marker_says_what_to_check() -> None:
    with image_server() as server:
        (driver,) = drivers(roof={"driver": "sunspec", "port": port_of(server)})
        house = House()
        async with running(driver, house):
            lost = await house.until(lambda r: r.reachable is False)
    assert lost.problem == "it has no SunSpec marker; is SunSpec switched on, and unit right?"

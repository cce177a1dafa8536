"""Registers are packed as the makes do, and rules about reads and writes are kept."""

from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.framer import FramerRTU

from simulators.battery import BatteryOrder
from simulators.devices import NAMES, build_device
from simulators.devices.victron_gx import DC_SHARE
from simulators.modbus_server import ModbusServer, crc16
from simulators.plant import FixedPlant
from simulators.registers import Bank, Cell, Device, Fault, Table

TYPES = AsyncModbusTcpClient.DATATYPE
decode = AsyncModbusTcpClient.convert_from_registers
encode = AsyncModbusTcpClient.convert_to_registers


def cell(kind: str, value: float | None, **more: object) -> Cell:
    return Cell(address=10, kind=kind, get=lambda: value, **more)  # type: ignore[arg-type]


@given(st.integers(-(2**31), 2**31 - 1), st.booleans())
def test_32_bit_values_agree_with_pymodbus_in_both_word_orders(value: int, low: bool) -> None:  # noqa: FBT001
    words = list(cell("s32", value).pack(low_word_first=low))
    order: Literal["little", "big"] = "little" if low else "big"
    assert decode(words, TYPES.INT32, word_order=order) == value
    assert words == encode(value, TYPES.INT32, word_order=order)


@given(st.floats(width=32, allow_nan=False))
def test_floats_agree_with_pymodbus(value: float) -> None:
    words = list(cell("f32", value).pack(low_word_first=False))
    assert decode(words, TYPES.FLOAT32) == value


def test_values_are_scaled_and_held_inside_their_type() -> None:
    assert cell("u16", 48.3, scale=0.1).pack(low_word_first=False) == (483,)
    assert cell("u16", -5.0).pack(low_word_first=False) == (0,)
    assert cell("s16", 40_000.0).pack(low_word_first=False) == (32767,)
    assert cell("u32", None, nan=0xFFFFFFFF).pack(low_word_first=False) == (0xFFFF, 0xFFFF)


def test_reads_cross_only_as_many_unknown_registers_as_the_device_allows() -> None:
    cells = [Cell(address=at, kind="u16", get=lambda: 7) for at in (0, 3)]
    assert Table(cells=cells, gap=2).read(0, 4) == [7, 0, 0, 7]
    assert Table(cells=cells, gap=None).read(0, 6) == [7, 0, 0, 7, 0, 0]
    for table, start, count in (
        (Table(cells=cells, gap=1), 0, 4),
        (Table(cells=cells, gap=0), 0, 2),
        (Table(cells=cells, gap=2), 1, 2),
    ):
        with pytest.raises(Fault) as fault:
            table.read(start, count)
        assert fault.value.code == 2


def test_half_a_value_and_a_reading_cannot_be_written() -> None:
    written: list[float] = []
    table = Table(
        cells=[
            Cell(address=0, kind="u32", get=lambda: 0, set=written.append),
            Cell(address=2, kind="u16", get=lambda: 0),
        ]
    )
    for start, values, code in ((0, (1,), 3), (1, (1,), 2), (2, (1,), 2), (0, (1, 2, 3), 2)):
        with pytest.raises(Fault) as fault:
            table.write(start, values)
        assert fault.value.code == code
    assert written == []
    table.write(0, (1, 2))
    assert written == [65538]


def test_the_checksum_is_the_one_of_pymodbus() -> None:
    data = bytes.fromhex("010400340002")
    assert crc16(data).to_bytes(2, "little") == FramerRTU.compute_CRC(data).to_bytes(2, "big")


@pytest.mark.parametrize("name", NAMES)
def test_every_register_of_every_device_can_be_read(name: str) -> None:
    device = build_device(name, FixedPlant(pv_w=3000, grid_w=-1234.5, battery_w=-700))
    for bank in device.units.values():
        for table in (bank.holding, bank.input):
            for one in table.cells if table else []:
                words = table.read(one.address, one.size)  # type: ignore[union-attr]
                assert len(words) == one.size
                assert all(0 <= word <= 0xFFFF for word in words)


def words_at(device: Device, unit: int, function: int, start: int, count: int) -> list[int]:
    return device.units[unit].read(function, start, count)


def test_each_make_reports_the_grid_with_its_own_sign() -> None:
    plant = FixedPlant(grid_w=-1500.0)
    sungrow = words_at(build_device("sungrow_sh", plant), 1, 4, 13009, 2)
    assert decode(sungrow, TYPES.INT32, word_order="little") == 1500
    huawei = words_at(build_device("huawei_sun2000", plant), 1, 3, 37113, 2)
    assert decode(huawei, TYPES.INT32) == 1500
    sma = words_at(build_device("sma_hybrid", plant), 3, 3, 30865, 4)
    assert sma == [0, 0, 0, 1500]
    victron = words_at(build_device("victron_gx", plant), 100, 3, 820, 3)
    assert [decode([word], TYPES.INT16) for word in victron] == [-500] * 3
    eastron = words_at(build_device("eastron_sdm630", plant), 1, 4, 52, 2)
    assert decode(eastron, TYPES.FLOAT32) == -1500


def test_each_make_reports_the_battery_with_its_own_sign() -> None:
    plant = FixedPlant(battery_w=-2100.0)
    assert decode(
        words_at(build_device("sungrow_sh", plant), 1, 4, 5213, 2), TYPES.INT32, word_order="little"
    ) == (2100)
    huawei = words_at(build_device("huawei_sun2000", plant), 1, 3, 37765, 2)
    assert decode(huawei, TYPES.INT32) == -2100
    assert words_at(build_device("sma_hybrid", plant), 3, 3, 31393, 4) == [0, 0, 0, 2100]
    victron = words_at(build_device("victron_gx", plant), 100, 3, 842, 1)
    assert decode(victron, TYPES.INT16) == -2100


def test_victron_shares_the_roof_between_charger_and_inverter() -> None:
    device = build_device("victron_gx", FixedPlant(pv_w=3000.0))
    direct = words_at(device, 100, 3, 850, 1)[0]
    at_grid = sum(words_at(device, 100, 3, 811, 3))
    assert direct == round(3000 * DC_SHARE)
    assert direct + at_grid == 3000


def test_a_dark_sma_inverter_says_not_a_number() -> None:
    device = build_device("sma_hybrid", FixedPlant())
    assert words_at(device, 3, 3, 30773, 2) == [0x8000, 0]
    assert words_at(device, 3, 3, 30845, 2) == [0xFFFF, 0xFFFF]


def order_after(name: str, *writes: tuple[int, int, tuple[int, ...]]) -> BatteryOrder:
    """Write (unit, address, registers) to a device and return what its battery was told."""
    plant = FixedPlant(now_s=1000.0)
    device = build_device(name, plant)
    for unit, address, values in writes:
        device.units[unit].write(16, address, values)
    return plant.order


def test_huawei_forces_for_its_period_and_then_stops() -> None:
    order = order_after(
        "huawei_sun2000",
        (1, 47247, (0, 3000)),
        (1, 47083, (2,)),
        (1, 47246, (0,)),
        (1, 47100, (1,)),
    )
    assert (order.setpoint_w, order.setpoint_until_s) == (3000, 1120)
    stopped = order_after("huawei_sun2000", (1, 47247, (0, 3000)), (1, 47100, (0,)))
    assert stopped.setpoint_w is None


def test_huawei_refuses_more_than_the_battery_can() -> None:
    with pytest.raises(Fault) as fault:
        order_after("huawei_sun2000", (1, 47075, (0, 5001)))
    assert fault.value.code == 3


def test_sungrow_obeys_a_forced_command_only_in_forced_mode() -> None:
    steps = [(1, 13050, (0xBB,)), (1, 13051, (2500,))]
    assert order_after("sungrow_sh", *steps).setpoint_w is None
    assert order_after("sungrow_sh", (1, 13049, (2,)), *steps).setpoint_w == -2500
    held = order_after("sungrow_sh", (1, 33047, (1,)))
    assert held.max_discharge_w == 10
    with pytest.raises(Fault):
        order_after("sungrow_sh", (1, 33047, (0,)))


def test_victron_setpoint_override_fades_after_a_minute() -> None:
    order = order_after("victron_gx", (100, 2716, (0, 4000)))
    assert (order.grid_target_w, order.grid_target_until_s) == (4000, 1060)
    assert order_after("victron_gx", (100, 2702, (0,))).max_discharge_w == 0
    with pytest.raises(Fault):
        order_after("victron_gx", (100, 2702, (101,)))


def test_sma_controls_fade_after_a_minute() -> None:
    charge = order_after("sma_hybrid", (3, 40236, (0, 2289)), (3, 40793, (0, 3000)))
    assert (charge.setpoint_w, charge.setpoint_until_s) == (3000, 1060)
    fixed = order_after("sma_hybrid", (3, 40149, (0, 1500)), (3, 40151, (0, 802)))
    assert fixed.setpoint_w == -1500
    assert order_after("sma_hybrid", (3, 40799, (0, 0))).max_discharge_w == 0


def test_each_sma_control_fades_by_itself() -> None:
    plant = FixedPlant(now_s=1000.0)
    inverter = build_device("sma_hybrid", plant).units[3]
    inverter.write(16, 40799, (0, 0))
    plant.now_s = 1050.0
    inverter.write(16, 40793, (0, 3000))
    assert plant.order.max_discharge_w == 0
    plant.now_s = 1061.0
    inverter.write(16, 40795, (0, 3000))
    assert (plant.order.setpoint_w, plant.order.setpoint_until_s) == (3000, 1110)
    assert plant.order.max_discharge_w is None


def test_a_negative_sunspec_discharge_rate_charges() -> None:
    storage = 40000 + 2 + 68 + 52 + 28 + 46 + 26 + 90  # marker and models 1 to 160
    order = order_after("sunspec", (1, storage + 12, (0x10000 - 5000,)), (1, storage + 5, (2,)))
    assert order.setpoint_w == 2500


def test_an_unknown_device_and_a_register_twice_are_named() -> None:
    with pytest.raises(ValueError, match="no simulator for 'acme'"):
        build_device("acme", FixedPlant())
    with pytest.raises(ValueError, match="register 10 stands twice"):
        Table(cells=[cell("u16", 1), cell("u16", 2)])


def test_a_busy_device_answers_six_now_and_then() -> None:
    device = Device(units={1: Bank(holding=Table(cells=[cell("u16", 1)]))}, faults=0.3)
    server = ModbusServer(device=device)
    answers = [server.answer(1, bytes.fromhex("03000a0001")) for _ in range(200)]
    busy = sum(answer == b"\x83\x06" for answer in answers)
    assert 30 < busy < 90

"""What the values of a device mean for the house."""

from datetime import UTC, datetime

import pytest

from agent.model.clock import Now
from agent.model.readings import (
    BatteryMode,
    BatteryReading,
    BatteryStatus,
    DeviceId,
    InverterReading,
    MeterReading,
    Reading,
)
from drivers.modbus.codec import decode
from drivers.modbus.maps import load_models
from drivers.modbus.meaning import Meaning, Parts
from drivers.modbus.model import Key, Value

NOW = Now(at=datetime(2026, 6, 1, 12, tzinfo=UTC), mono_s=100.0)
PARTS = Parts(
    inverter=DeviceId("roof"), battery=DeviceId("roof_battery"), meter=DeviceId("roof_meter")
)


def meaning_of(name: str, *, reverse_sign: bool = False, variants: tuple[str, ...] = ()) -> Meaning:
    model = load_models(wanted=[name])[name]
    registers = model.registers_for(variants)
    return Meaning(model, registers, PARTS, variants=variants, reverse_sign=reverse_sign)


def of_sunspec(*models: int, variants: tuple[str, ...] = ()) -> Meaning:
    model = load_models(wanted=["sunspec"])["sunspec"]
    has = [r for r in model.registers_for(variants) if set(r.sunspec_models) & set(models)]
    return Meaning(model, has, PARTS, variants=variants)


def raw(name: str, words: dict[Key, list[int]]) -> dict[Key, Value | None]:
    registers = {r.key: r for r in load_models(wanted=[name])[name].registers}
    return {key: decode(registers[key], w) for key, w in words.items()}


def only(kind: type[Reading], readings: tuple[Reading, ...]) -> Reading:
    (found,) = [r for r in readings if isinstance(r, kind)]
    return found


def test_a_meter_that_imports_is_positive_and_counts_in_watt_hours() -> None:
    values: dict[Key, Value | None] = {
        ("grid", "power_w"): 1500.0,
        ("grid", "energy_import_kwh"): 12.345,
        ("grid", "energy_export_kwh"): None,
    }
    reading = only(MeterReading, meaning_of("eastron_sdm630").readings(values, NOW))
    assert reading == MeterReading(
        device=DeviceId("roof_meter"),
        at=NOW.at,
        mono_s=100.0,
        reachable=True,
        power_w=1500.0,
        import_wh=12345.0,
    )


def test_a_meter_the_wrong_way_round_swaps_signs_and_counters() -> None:
    values: dict[Key, Value | None] = {
        ("grid", "power_w"): 1500.0,
        ("grid", "current_l1_a"): -2.0,
        ("grid", "voltage_l1_v"): 230.0,
        ("grid", "energy_import_kwh"): 1.0,
        ("grid", "energy_export_kwh"): 2.0,
    }
    meaning = meaning_of("eastron_sdm630", reverse_sign=True)
    reading = only(MeterReading, meaning.readings(values, NOW))
    assert isinstance(reading, MeterReading)
    assert (reading.power_w, reading.current_l1_a, reading.voltage_l1_v) == (-1500.0, 2.0, 230.0)
    assert (reading.import_wh, reading.export_wh) == (2000.0, 1000.0)


@pytest.mark.parametrize(
    ("name", "key", "device_says", "in_the_house"),
    [
        ("huawei_sun2000", ("grid", "power_w"), [0, 2000], -2000.0),  # export counts + there
        ("huawei_sun2000", ("battery", "battery_power_w"), [0, 900], 900.0),
        ("sungrow_sh", ("grid", "power_w"), [2000, 0], -2000.0),
        ("sungrow_sh", ("battery", "battery_power_w"), [700, 0], -700.0),
        ("victron_gx", ("battery", "battery_power_w"), [0xFFFF], -1.0),
    ],
)
def test_signs_are_the_houses(
    name: str, key: Key, device_says: list[int], in_the_house: float
) -> None:
    readings = meaning_of(name).readings(raw(name, {key: device_says}), NOW)
    kind = MeterReading if key[0] == "grid" else BatteryReading
    reading = only(kind, readings)
    assert isinstance(reading, MeterReading | BatteryReading)
    assert reading.power_w == in_the_house


def test_sma_gives_import_and_export_apart() -> None:
    values: dict[Key, Value | None] = {
        ("grid", "import_power_w"): 0,
        ("grid", "export_power_w"): 800,
        ("battery", "charge_power_w"): 300,
        ("battery", "discharge_power_w"): 0,
        ("pv", "dc_power_1_w"): 1000,
        ("pv", "dc_power_2_w"): None,
        ("pv", "dc_power_3_w"): None,
    }
    inverter, battery, meter = meaning_of("sma_hybrid").readings(values, NOW)
    assert isinstance(inverter, InverterReading)
    assert isinstance(battery, BatteryReading)
    assert isinstance(meter, MeterReading)
    assert (inverter.production_w, battery.power_w, meter.power_w) == (1000, 300, -800)


def test_a_sum_with_an_unknown_part_is_unknown() -> None:
    values: dict[Key, Value | None] = {
        ("grid", "import_power_w"): 5,
        ("grid", "export_power_w"): None,
    }
    assert meaning_of("sma_hybrid").readings(values, NOW) == ()


def test_all_strings_dark_is_unknown_and_not_zero() -> None:
    names = ("dc_power_1_w", "dc_power_2_w", "dc_power_3_w")
    values: dict[Key, Value | None] = {("pv", name): None for name in names}
    assert meaning_of("sma_hybrid").readings(values, NOW) == ()


def test_an_sma_battery_that_idles_at_night_gives_what_its_inverter_gives() -> None:
    """Its own registers say nothing then, and without its power nobody knows the house's load."""
    dark: dict[Key, Value | None] = {
        ("battery", "charge_power_w"): None,
        ("battery", "discharge_power_w"): None,
        ("pv", "dc_power_1_w"): None,
        ("inverter", "power_w"): 0.0,
    }
    reading = only(BatteryReading, meaning_of("sma_hybrid").readings(dark, NOW))
    assert isinstance(reading, BatteryReading)
    assert reading.power_w == 0.0


def test_a_battery_tells_what_it_does() -> None:
    meaning = meaning_of("huawei_sun2000")
    values: dict[Key, Value | None] = {
        ("battery", "battery_power_w"): -1200,
        ("battery", "soc_percent"): 55.0,
        ("battery", "battery_capacity_kwh"): 10.0,
        ("battery", "reserve_percent"): 12.0,
        ("battery", "status"): "running",
        ("battery", "max_charge_power_w"): 5000,
    }
    reading = only(BatteryReading, meaning.readings(values, NOW, mode=BatteryMode.SELF_RELIANCE))
    assert reading == BatteryReading(
        device=DeviceId("roof_battery"),
        at=NOW.at,
        mono_s=100.0,
        reachable=True,
        power_w=-1200.0,
        soc_percent=55.0,
        capacity_wh=10000.0,
        status=BatteryStatus.DISCHARGING,
        operation_mode=BatteryMode.SELF_RELIANCE,
        discharge_limit_percent=12.0,
        max_charge_w=5000.0,
    )


@pytest.mark.parametrize(
    ("power_w", "word", "status"),
    [
        (15, "running", BatteryStatus.IDLE),
        (500, "idle", BatteryStatus.CHARGING),
        (500, "fault", BatteryStatus.FAULT),
        (None, "charging", BatteryStatus.CHARGING),
        (None, "testing", None),
    ],
)
def test_power_says_what_a_battery_does_unless_it_has_a_fault(
    power_w: float | None, word: str, status: BatteryStatus | None
) -> None:
    values: dict[Key, Value | None] = {
        ("battery", "battery_power_w"): power_w,
        ("battery", "status"): word,
        ("battery", "soc_percent"): 50,
    }
    reading = only(BatteryReading, meaning_of("huawei_sun2000").readings(values, NOW))
    assert isinstance(reading, BatteryReading)
    assert reading.status == status


def test_an_offline_meter_says_nothing_until_it_is_back() -> None:
    meaning = meaning_of("huawei_sun2000")
    power: dict[Key, Value | None] = {("grid", "power_w"): 0.0}
    assert meaning.readings({("grid", "status"): "offline", **power}, NOW) == ()
    assert meaning.readings(power, NOW) == ()
    assert meaning.readings({("grid", "status"): "normal", **power}, NOW) != ()


def test_a_counter_below_zero_is_taken_by_its_size() -> None:
    values: dict[Key, Value | None] = {("grid", "energy_export_kwh"): -20.5}
    reading = only(MeterReading, meaning_of("huawei_sun2000").readings(values, NOW))
    assert isinstance(reading, MeterReading)
    assert reading.export_wh == 20500.0


def test_a_solar_inverters_ac_power_is_its_production() -> None:
    values: dict[Key, Value | None] = {("inverter", "production_power_w"): -3.0}
    reading = only(InverterReading, of_sunspec(1, 103).readings(values, NOW))
    assert isinstance(reading, InverterReading)
    assert (reading.production_w, reading.ac_power_w) == (0.0, -3.0)


def test_a_hybrids_production_is_without_the_batterys_share() -> None:
    values: dict[Key, Value | None] = {
        ("inverter", "production_power_w"): 2500.0,
        ("battery", "battery_power_w"): -1000.0,
        ("battery", "soc_percent"): 50.0,
        ("inverter", "lifetime_production_kwh"): 10.0,
    }
    reading = only(InverterReading, of_sunspec(1, 103, 802).readings(values, NOW))
    assert isinstance(reading, InverterReading)
    assert (reading.production_w, reading.ac_power_w) == (1500.0, 2500.0)
    assert reading.production_wh is None


def test_a_hybrid_that_hides_its_batterys_power_has_no_production() -> None:
    values: dict[Key, Value | None] = {("inverter", "production_power_w"): 2500.0}
    reading = only(InverterReading, of_sunspec(1, 103, 124).readings(values, NOW))
    assert isinstance(reading, InverterReading)
    assert reading.production_w is None


def test_a_gen24_tells_sun_and_battery_by_its_strings() -> None:
    values: dict[Key, Value | None] = {
        ("inverter", "production_power_w"): 900.0,
        ("pv", "mppt1_power_w"): 1000.0,
        ("pv", "mppt2_power_w"): 500.0,
        ("battery", "charge_power_w"): 600.0,
        ("battery", "discharge_power_w"): 0.0,
    }
    meaning = of_sunspec(1, 103, 124, 160, variants=("gen24",))
    inverter, battery = meaning.readings(values, NOW)
    assert isinstance(inverter, InverterReading)
    assert isinstance(battery, BatteryReading)
    assert (inverter.production_w, battery.power_w) == (1500.0, 600.0)


def test_a_solaredge_meter_counts_the_other_way() -> None:
    model = load_models(wanted=["sunspec"])["sunspec"]
    for variants, scale in (((), 1.0), (("solaredge",), -1.0)):
        first = next(r for r in model.registers_for(variants) if r.key == ("grid", "power_w"))
        assert first.scale == scale


def test_identity_names_the_maker_and_turns_numbers_into_text() -> None:
    values: dict[Key, Value | None] = {
        ("grid", "power_w"): 1.0,
        ("device", "serial_number"): 12345678,
    }
    reading = only(MeterReading, meaning_of("eastron_sdm630").readings(values, NOW))
    assert (reading.vendor, reading.serial_number) == ("Eastron", "12345678")


def test_parts_that_are_not_used_say_nothing() -> None:
    model = load_models(wanted=["huawei_sun2000"])["huawei_sun2000"]
    meaning = Meaning(model, model.registers, Parts(meter=DeviceId("m")))
    values: dict[Key, Value | None] = {
        ("grid", "power_w"): 1.0,
        ("pv", "dc_power_w"): 1.0,
        ("battery", "soc_percent"): 1.0,
    }
    assert [type(r) for r in meaning.readings(values, NOW)] == [MeterReading]

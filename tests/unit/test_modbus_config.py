"""What the installer may write about a Modbus device, and what the fault says."""

import pytest
from pydantic import ValidationError

from agent.model.readings import DeviceKind
from drivers.modbus.config import ModbusConfig
from drivers.modbus.maps import load_models
from drivers.modbus.parts import device_infos, poll_interval_s


def config(**settings: object) -> ModbusConfig:
    return ModbusConfig.model_validate({"driver": "eastron_sdm630", **settings})


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "host is missing"),
        ({"host": "a", "serial": "/dev/ttyUSB0"}, "host and serial are both set"),
        ({"host": "a", "baudrate": 9600}, "baudrate belongs to a serial line"),
        ({"serial": "/dev/ttyUSB0", "port": 502}, "port belongs to a network device"),
        ({"serial": "/dev/ttyUSB0", "framer": "socket"}, "does not work on a serial line"),
        ({"host": "http://192.168.1.40"}, "without http://"),
        ({"host": "foo..bar"}, "that is no network address"),
        ({"host": "192.168.1.40:502"}, "without a port"),
        ({"host": "a", "unit": 256}, "less than or equal to 255"),
        ({"host": "a", "poll_s": 0.1}, "greater than or equal to 0.5"),
        ({"host": "a", "parts": []}, "the list is empty"),
        ({"host": "a", "parts": ["meter", "meter"]}, "listed twice"),
        ({"host": "a", "parts": ["roof"]}, "'inverter', 'battery' or 'meter'"),
        ({"host": "a", "prot": 1}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_setting_says_what_to_do(settings: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError) as caught:
        config(**settings)
    assert says in str(caught.value)


@pytest.mark.parametrize("host", ["192.168.1.40", "meter.local", "sun_2000", "fe80::1", "::1"])
def test_names_and_addresses_are_hosts(host: str) -> None:
    assert config(host=host).host == host


def test_words_in_any_case_and_numbers_as_text_are_understood() -> None:
    found = config(serial="/dev/ttyUSB0", parity="e", baudrate="9600", control="off", framer="RTU")
    assert (found.parity, found.baudrate, found.control, found.framer) == ("E", 9600, False, "rtu")


def test_a_sunspec_device_is_its_inverter_unless_told_and_a_lone_part_has_its_name() -> None:
    model = load_models(wanted=["sunspec"])["sunspec"]

    def ids(*parts: str) -> list[str]:
        settings = {"parts": parts} if parts else {}
        found = ModbusConfig.model_validate({"driver": "sunspec", "host": "a", **settings})
        return [info.id for info in device_infos("roof", found, model)]

    assert ids() == ["roof"]
    assert ids("meter") == ["roof"]
    assert ids("inverter", "meter") == ["roof", "roof_meter"]


def test_what_a_battery_holds_can_be_given_where_the_device_does_not_tell() -> None:
    model = load_models(wanted=["victron_gx"])["victron_gx"]
    found = ModbusConfig(driver="victron_gx", host="a", capacity_kwh=9.6)
    capacities = {i.kind: i.capacity_wh for i in device_infos("cellar", found, model)}
    assert capacities.pop(DeviceKind.BATTERY) == 9600.0
    assert set(capacities.values()) == {None}


def test_what_the_model_knows_need_not_be_written() -> None:
    models = load_models(wanted=["huawei_sun2000"])
    found = ModbusConfig(driver="huawei_sun2000", host="Dongle.local", max_power_w=8000)
    infos = device_infos("roof", found, models["huawei_sun2000"])
    assert infos[0].poll_s == 5.0
    assert "IDLE" in next(info for info in infos if info.id == "roof_battery").battery_modes


def test_a_meter_that_may_guard_a_fuse_is_read_twice_a_second_unless_told() -> None:
    model = load_models()["eastron_sdm630"]
    assert poll_interval_s(config(host="a"), model) == 0.5
    assert poll_interval_s(config(host="a", poll_s=2), model) == 2.0

"""The shipped maps against addresses written down a second time, from the makers' papers.

Each line: model, role, name, table, address, type, scale. Sources: Eastron SDM630 Modbus
protocol (input registers), Huawei Solar Inverter Modbus Interface Definitions, Sungrow hybrid
protocol (numbers there are one higher), SMA Modbus register lists, Victron CCGX Modbus TCP
register list, SunSpec information models.
"""

import pytest

from drivers.modbus.maps import load_models
from drivers.modbus.model import WordOrder

FACTS = """
eastron_sdm630 grid power_w input 52 f32 1
eastron_sdm630 grid voltage_l1_v input 0 f32 1
eastron_sdm630 grid current_l3_a input 10 f32 1
eastron_sdm630 grid energy_import_kwh input 72 f32 1
eastron_sdm630 grid energy_export_kwh input 74 f32 1
huawei_sun2000 battery battery_power_w holding 37765 s32 1
huawei_sun2000 battery soc_percent holding 37760 u16 0.1
huawei_sun2000 grid power_w holding 37113 s32 -1
huawei_sun2000 pv dc_power_w holding 32064 s32 1
huawei_sun2000 battery ctl_forced_mode holding 47100 u16 1
huawei_sun2000 battery ctl_max_discharge_power_w holding 47077 u32 1
sungrow_sh grid power_w input 13009 s32 -1
sungrow_sh battery soc_percent input 13022 u16 0.1
sungrow_sh pv production_power_w input 5016 u32 1
sungrow_sh battery ctl_ems_mode holding 13049 u16 1
sungrow_sh battery ctl_forced_command holding 13050 u16 1
sma_hybrid battery soc_percent holding 30845 u32 1
sma_hybrid grid import_power_w holding 30865 s32 1
sma_hybrid battery charge_power_w holding 31393 u32 1
sma_hybrid battery ctl_op_mode holding 40236 u32 1
victron_gx battery soc_percent holding 843 u16 1
victron_gx battery battery_power_w holding 842 s16 1
victron_gx grid power_l2_w holding 910 s32 1
victron_gx battery ctl_grid_setpoint_override_w holding 2716 s32 1
"""

SUNSPEC = """
inverter production_power_w 103 14 s16
inverter production_power_w 113 22 f32
inverter lifetime_production_kwh 103 24 u32
inverter status 103 38 u16
grid power_w 203 18 s16
grid power_w 213 28 f32
grid energy_import_kwh 203 46 u32
battery soc_percent 124 8 u16
battery soc_percent 802 11 u16
battery ctl_storage_mode 124 5 u16
device serial_number 1 50 str16
"""


@pytest.mark.parametrize("fact", FACTS.strip().splitlines())
def test_a_map_agrees_with_the_makers_paper(fact: str) -> None:
    model, role, name, table, address, kind, scale = fact.split()
    (register,) = [r for r in load_models(wanted=[model])[model].registers if r.key == (role, name)]
    assert str(register.table) == table
    assert register.address == int(address)
    assert register.type == kind
    assert register.scale == float(scale)


@pytest.mark.parametrize("fact", SUNSPEC.strip().splitlines())
def test_the_sunspec_profile_agrees_with_the_models(fact: str) -> None:
    role, name, model_id, offset, kind = fact.split()
    registers = load_models(wanted=["sunspec"])["sunspec"].registers
    (register,) = [
        r
        for r in registers
        if r.key == (role, name) and int(model_id) in r.sunspec_models and r.when is None
    ]
    assert register.offset_in_model == int(offset)
    assert register.type == kind


def test_only_sungrow_sends_the_low_word_first() -> None:
    low = {m.id for m in load_models().values() if m.word_order is WordOrder.LOW_FIRST}
    assert low == {"sungrow_sh"}


def test_huawei_bears_64_registers_and_wants_time_after_connect() -> None:
    limits = load_models(wanted=["huawei_sun2000"])["huawei_sun2000"].limits
    assert (limits.max_registers_per_read, limits.max_gap, limits.connections) == (64, 16, 1)
    assert limits.connect_pause_s == 1.5

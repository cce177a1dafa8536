"""A battery mode becomes the map's writes: in order, checked, read back, or undone."""

import pytest

from agent.model.driver import LinkDown, Refused, Unable
from agent.model.readings import BatteryMode
from drivers.modbus.budget import DAY_S, WRITES_A_DAY, WriteBudget
from drivers.modbus.model import Key, Value
from drivers.modbus.sequences import near_enough
from tests.notebook import Notebook
from tests.unit.modbus_control_fakes import REFUSAL, SILENCE, Rig, huawei
from tests.virtual_time import run_virtual

NORMAL, IDLE = BatteryMode.SELF_RELIANCE, BatteryMode.IDLE
CHARGE, DISCHARGE = BatteryMode.IMPORT_FOCUS, BatteryMode.EXPORT_FOCUS


def test_charging_writes_power_and_period_before_it_starts() -> None:
    async def main() -> None:
        rig = huawei()
        await rig.set(CHARGE, 3000)
        assert rig.device.writes == [
            ("ctl_grid_charge", 1),
            ("ctl_forced_charge_power_w", 3000),
            ("ctl_forced_period_min", 2),
            ("ctl_forced_mode", 1),
        ]

    run_virtual(main())


def test_the_same_mode_again_costs_no_flash() -> None:
    async def main() -> None:
        rig = huawei()
        await rig.set(CHARGE, 3000)
        rig.device.log.clear()
        await rig.set(CHARGE, 3000)
        assert rig.device.writes == [("ctl_forced_mode", 1)]

    run_virtual(main())


def test_idle_forbids_both_directions_and_normal_restores_them() -> None:
    async def main() -> None:
        rig = huawei()
        await rig.set(IDLE)
        assert rig.device.writes == [
            ("ctl_forced_mode", 0),
            ("ctl_max_discharge_power_w", 0),
            ("ctl_max_charge_power_w", 0),
        ]
        rig.device.log.clear()
        await rig.set(NORMAL)
        assert rig.device.writes == [
            ("ctl_forced_mode", 0),
            ("ctl_max_charge_power_w", 5000),
            ("ctl_max_discharge_power_w", 5000),
        ]

    run_virtual(main())


def test_a_wish_beyond_the_battery_is_cut_to_what_it_can() -> None:
    async def main() -> None:
        rig = huawei()
        await rig.set(CHARGE, 20_000)
        assert ("ctl_forced_charge_power_w", 5000) in rig.device.writes

    run_virtual(main())


def test_no_power_means_as_hard_as_the_device_allows() -> None:
    async def main() -> None:
        rig = huawei(max_discharge_power_w=4000)
        await rig.set(DISCHARGE)
        assert ("ctl_forced_discharge_power_w", 4000) in rig.device.writes

    run_virtual(main())


def test_an_unknown_most_is_a_remedy_and_no_write() -> None:
    async def main() -> None:
        rig = Rig("sma_hybrid")
        with pytest.raises(Refused, match="set max_power_w of it"):
            await rig.set(CHARGE)
        assert rig.device.writes == []

    run_virtual(main())


def test_a_value_out_of_range_is_refused_before_the_first_write() -> None:
    async def main() -> None:
        small: dict[Key, Value | None] = {("inverter", "rated_power_w"): 3000.0}
        rig = Rig("sungrow_sh", values=small, max_power_w=10_000)
        with pytest.raises(Refused, match="takes from 0 to 5000 W, not 8000; nothing was written"):
            await rig.set(CHARGE, 8000)
        assert rig.device.writes == []

    run_virtual(main())


def test_a_mode_without_commands_is_refused_with_those_there_are() -> None:
    async def main() -> None:
        with pytest.raises(Refused, match="cannot do TIME_OF_USE; modes that can be set: SELF_"):
            await huawei().set(BatteryMode.TIME_OF_USE)

    run_virtual(main())


def test_a_refusal_in_the_middle_gives_the_battery_back() -> None:
    async def main() -> None:
        rig = huawei()
        rig.device.faults["ctl_forced_period_min"] = REFUSAL
        with pytest.raises(Unable, match="cellar did not take the command"):
            await rig.set(CHARGE, 3000)
        assert rig.device.writes == [
            ("ctl_grid_charge", 1),
            ("ctl_forced_charge_power_w", 3000),
            ("ctl_forced_mode", 0),
            ("ctl_grid_charge", 0),
        ]
        assert rig.control.target is None
        assert not rig.control.held.is_set()

    run_virtual(main())


def test_silence_is_a_link_that_is_down() -> None:
    async def main() -> None:
        rig = huawei()
        rig.device.faults["ctl_forced_mode"] = SILENCE
        with pytest.raises(LinkDown, match="no answer within 10 s"):
            await rig.set(IDLE)

    run_virtual(main())


def test_a_write_that_does_not_take_is_noticed() -> None:
    async def main() -> None:
        rig = huawei()
        rig.device.deaf.add("ctl_max_discharge_power_w")
        with pytest.raises(Unable, match="did not take 0 for ctl_max_discharge_power_w: it says"):
            await rig.set(IDLE)

    run_virtual(main())


def test_an_optional_register_that_is_missing_does_no_harm() -> None:
    async def main() -> None:
        rig = Rig("sma_hybrid", max_power_w=6000)
        rig.device.faults["ctl_power_setpoint_enable"] = REFUSAL
        await rig.set(IDLE)
        assert rig.device.writes[0] == ("ctl_op_mode", 2424)
        assert ("ctl_max_charge_power_w", 0) in rig.device.writes

    run_virtual(main())


def test_sma_gets_the_value_before_it_is_enabled_in_its_own_sign() -> None:
    async def main() -> None:
        rig = Rig("sma_hybrid", max_power_w=6000)
        await rig.set(DISCHARGE, 2000)
        assert rig.device.writes == [
            ("ctl_op_mode", 2424),
            ("ctl_max_discharge_power_w", 2000),
            ("ctl_power_setpoint_w", -2000),
            ("ctl_power_setpoint_enable", 802),
        ]
        assert rig.device.words[40149] == [0, 2000]

    run_virtual(main())


def test_sungrow_speaks_low_word_first_codes() -> None:
    async def main() -> None:
        rig = Rig("sungrow_sh", max_power_w=5000)
        await rig.set(IDLE)
        assert rig.device.writes == [("ctl_forced_command", 204), ("ctl_ems_mode", 2)]

    run_virtual(main())


def test_a_sunspec_rate_is_percent_of_the_most_with_the_devices_scale() -> None:
    async def main() -> None:
        rig = Rig("sunspec", values={("battery", "max_charge_power_w"): 5000.0})
        rig.device.words[25] = [0xFFFE]  # InOutWRte_SF = -2
        await rig.set(CHARGE, 2500)
        assert ("ctl_discharge_rate_percent", -50) in rig.device.writes
        assert rig.device.words[12] == [0x10000 - 5000]
        assert rig.device.writes[-1] == ("ctl_storage_mode", 2)

    run_virtual(main())


def test_victron_is_told_the_grid_set_point_that_makes_the_wanted_battery_power() -> None:
    async def main() -> None:
        values: dict[Key, Value | None] = {
            ("grid", "power_w"): 200.0,
            ("battery", "battery_power_w"): -500.0,
        }
        rig = Rig("victron_gx", values=values, max_power_w=3000)
        await rig.set(CHARGE, 1000)
        assert rig.device.writes[-1] == ("ctl_grid_setpoint_override_w", 1700)

    run_virtual(main())


def test_somebody_elses_plan_is_left_alone() -> None:
    async def main() -> None:
        values: dict[Key, Value | None] = {("battery", "dynamic_ess"): 1}
        rig = Rig("victron_gx", values=values, max_power_w=3000)
        with pytest.raises(Refused, match="Dynamic ESS plans this battery; switch it off"):
            await rig.set(IDLE)
        assert rig.device.writes == []

    run_virtual(main())


@pytest.mark.parametrize(("soc", "allowed"), [(13.0, False), (12.0, False), (13.1, True)])
def test_forced_discharge_keeps_the_reserve(soc: float, allowed: bool) -> None:  # noqa: FBT001
    async def main() -> None:
        rig = huawei(soc_percent=soc)
        if allowed:
            await rig.set(DISCHARGE, 1000)
            return
        with pytest.raises(Refused, match=r"is not discharged: it is at .* and keeps 12 %"):
            await rig.set(DISCHARGE, 1000)
        assert rig.device.writes == []

    run_virtual(main())


def test_an_unknown_level_forbids_forced_discharge() -> None:
    async def main() -> None:
        rig = huawei()
        rig.values["battery", "soc_percent"] = None
        with pytest.raises(Refused, match="its state of charge is unknown"):
            await rig.set(DISCHARGE, 1000)

    run_virtual(main())


def test_small_changes_are_not_worth_a_write() -> None:
    power = huawei().register("ctl_max_charge_power_w")
    assert near_enough(power, 5000, 4910)
    assert near_enough(power, 5000, 4800)  # 5 %
    assert not near_enough(power, 1000, 850)
    assert not near_enough(power, 0, 50)
    assert not near_enough(power, 50, 0)
    assert not near_enough(huawei().register("ctl_grid_charge"), 1, 0)


def test_flash_is_written_fifty_times_a_day_and_then_refused_with_an_alarm() -> None:
    async def main() -> None:
        rig = huawei()
        for n in range(WRITES_A_DAY):
            await rig.set(CHARGE, 1000 + 1000 * (n % 2))
        with pytest.raises(Refused, match="changed too often today: ctl_forced_charge_power_w"):
            await rig.set(CHARGE, 1000)
        assert "changed too often" in rig.control.problem
        assert rig.device.writes[-2:] == [("ctl_forced_mode", 0), ("ctl_grid_charge", 0)]

    run_virtual(main())


def test_the_count_of_writes_survives_a_restart() -> None:
    async def main() -> None:
        first = huawei()
        await first.set(CHARGE, 1000)
        second = Rig("huawei_sun2000", notebook=first.notebook)
        await second.control.writer.recall()
        note = first.notebook.notes["modbus-control", "cellar"]
        assert note["held"] == "IMPORT_FOCUS"
        assert second.control.writer._budget.as_note() == note["written"]

    run_virtual(main())


def test_a_battery_held_by_an_earlier_run_is_given_back() -> None:
    async def main() -> None:
        notebook = Notebook()
        notebook.notes["modbus-control", "cellar"] = {"held": "IDLE", "written": {}}
        rig = Rig("sungrow_sh", notebook=notebook)
        await rig.control.writer.recall()
        await rig.control.give_back()
        assert ("ctl_forced_command", 204) in rig.device.writes
        assert notebook.notes["modbus-control", "cellar"]["held"] == ""

    run_virtual(main())


def test_a_battery_that_nobody_holds_is_left_alone_at_the_end() -> None:
    async def main() -> None:
        rig = huawei()
        await rig.control.give_back()
        assert rig.device.writes == []

    run_virtual(main())


def test_writes_of_yesterday_are_forgotten() -> None:
    budget = WriteBudget()
    for n in range(WRITES_A_DAY):
        budget.spend("battery.ctl_x", float(n))
    assert budget.left("battery.ctl_x", 100.0) == 0
    assert budget.free_again_s("battery.ctl_x", 100.0) == DAY_S - 100
    assert budget.left("battery.ctl_x", DAY_S) == 1
    assert budget.left("battery.ctl_y", 100.0) == WRITES_A_DAY


def test_after_a_reboot_old_writes_count_as_if_they_were_now() -> None:
    budget = WriteBudget({"battery.ctl_x": [9e6, 9e6]}, now_mono_s=10.0)
    assert budget.left("battery.ctl_x", 10.0 + DAY_S - 1) == WRITES_A_DAY - 2
    assert budget.left("battery.ctl_x", 10.0 + DAY_S) == WRITES_A_DAY


@pytest.mark.parametrize("mode", [NORMAL, IDLE, CHARGE, DISCHARGE])
@pytest.mark.parametrize("model", ["huawei_sun2000", "sungrow_sh", "victron_gx"])
def test_the_device_tells_the_mode_that_was_set(model: str, mode: BatteryMode) -> None:
    async def main() -> None:
        values: dict[Key, Value | None] = {
            ("battery", "max_charge_power_w"): 5000,
            ("battery", "max_discharge_power_w"): 5000,
            ("grid", "power_w"): 0.0,
            ("battery", "battery_power_w"): 0.0,
        }
        rig = Rig(model, values=values, max_power_w=5000)
        await rig.set(mode, 1000)
        assert await rig.control.observe() is mode

    run_virtual(main())


def test_a_restart_reads_the_mode_from_the_device() -> None:
    async def main() -> None:
        before = huawei()
        await before.set(IDLE)
        after = huawei()
        after.device.words = before.device.words
        assert await after.control.observe() is IDLE

    run_virtual(main())


def test_a_mode_that_somebody_mixed_is_unknown() -> None:
    async def main() -> None:
        rig = huawei()
        rig.device.put(rig.register("ctl_grid_charge"), 1)
        assert await rig.control.observe() is BatteryMode.UNKNOWN

    run_virtual(main())


def test_a_device_that_cannot_be_read_is_believed_as_long_as_it_is_held() -> None:
    async def main() -> None:
        rig = Rig("sma_hybrid", max_power_w=5000)
        assert await rig.control.observe() is None
        await rig.set(IDLE)
        assert await rig.control.observe() is IDLE

    run_virtual(main())

"""While a mode holds: rewriting in time, the reserve, and other masters."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

from agent.model.readings import BatteryMode
from drivers.modbus.model import Key, Value
from drivers.modbus.watchdog import BatteryWatchdog
from tests.unit.modbus_control_fakes import SILENCE, Rig, huawei
from tests.virtual_time import run_virtual

IDLE, CHARGE = BatteryMode.IDLE, BatteryMode.IMPORT_FOCUS
DISCHARGE, NORMAL = BatteryMode.EXPORT_FOCUS, BatteryMode.SELF_RELIANCE


async def watch(rig: Rig, seconds: float, *events: tuple[float, Callable[[], None]]) -> None:
    """Let the watchdog run, with things happening at their seconds."""
    start_s = asyncio.get_running_loop().time()
    async with asyncio.TaskGroup() as tasks:
        dog = tasks.create_task(BatteryWatchdog(rig.control).run(), name="dog")
        for at_s, event in events:
            await asyncio.sleep(start_s + at_s - asyncio.get_running_loop().time())
            event()
        await asyncio.sleep(start_s + seconds - asyncio.get_running_loop().time())
        dog.cancel()


def gaps(rig: Rig, name: str) -> list[float]:
    times = [at_s for written, _, at_s in rig.device.log if written == name]
    return [round(b - a, 3) for a, b in pairwise(times)]


def test_what_decays_is_written_again_within_half_of_the_time_out() -> None:
    async def main() -> None:
        rig = huawei()
        await rig.set(CHARGE, 3000)
        await watch(rig, 601)
        assert gaps(rig, "ctl_forced_mode") == [50.0] * 12
        assert gaps(rig, "ctl_forced_charge_power_w") == []

    run_virtual(main())


def test_all_of_sma_decays() -> None:
    async def main() -> None:
        rig = Rig("sma_hybrid", max_power_w=6000)
        await rig.set(IDLE)
        await watch(rig, 101)
        assert gaps(rig, "ctl_op_mode") == [25.0] * 4
        assert gaps(rig, "ctl_max_discharge_power_w") == [25.0] * 4

    run_virtual(main())


def test_a_normal_battery_is_left_alone() -> None:
    async def main() -> None:
        rig = huawei()
        await rig.set(IDLE)
        await rig.set(NORMAL)
        rig.device.log.clear()
        await watch(rig, 3600)
        assert rig.device.log == []

    run_virtual(main())


def test_a_set_point_follows_the_house() -> None:
    async def main() -> None:
        values: dict[Key, Value | None] = {
            ("grid", "power_w"): 0.0,
            ("battery", "battery_power_w"): 0.0,
        }
        rig = Rig("victron_gx", values=values, max_power_w=3000)
        await rig.set(CHARGE, 1000)
        rig.values["grid", "power_w"] = 700.0
        await watch(rig, 21)
        assert rig.device.writes[-1] == ("ctl_grid_setpoint_override_w", 1700)

    run_virtual(main())


def test_discharging_ends_at_the_reserve_and_says_so() -> None:
    async def main() -> None:
        rig = huawei(soc_percent=14.0)
        await rig.set(DISCHARGE, 1000)

        def fall() -> None:
            rig.values["battery", "soc_percent"] = 13.0

        await watch(rig, 20, (8.0, fall))
        assert ("ctl_forced_mode", 0, 10.0) in rig.device.log
        assert rig.control.problem == (
            "cellar is not discharged: it is at 13 % and keeps 12 % in reserve"
        )
        assert not rig.control.held.is_set()

    run_virtual(main())


def test_one_stray_write_is_put_right_and_the_second_ends_it() -> None:
    async def main() -> None:
        rig = huawei()
        limit = rig.register("ctl_max_discharge_power_w")
        await rig.set(IDLE)
        rig.device.log.clear()

        def meddle() -> None:
            rig.device.put(limit, 5000)

        await watch(rig, 300, (10.0, meddle), (70.0, meddle))
        assert [w for w in rig.device.writes if w[0] == limit.name] == [(limit.name, 0)]
        assert "controlled by someone else" in rig.control.problem
        assert rig.device.log[-1][2] < 101  # nothing is written after it was noticed
        assert not rig.control.held.is_set()

    run_virtual(main())


def test_a_plan_that_somebody_switches_on_ends_ours() -> None:
    async def main() -> None:
        values: dict[Key, Value | None] = {
            ("grid", "power_w"): 0.0,
            ("battery", "battery_power_w"): 0.0,
        }
        rig = Rig("victron_gx", values=values, max_power_w=3000)
        await rig.set(CHARGE, 1000)
        rig.device.log.clear()
        rig.values["battery", "dynamic_ess"] = 1
        await watch(rig, 100)
        assert rig.device.log == []
        assert rig.control.problem.startswith("cellar: Dynamic ESS plans this battery")

    run_virtual(main())


def test_silence_is_asked_again_every_five_seconds() -> None:
    async def main() -> None:
        rig = huawei()
        await rig.set(CHARGE, 1000)
        mode = rig.register("ctl_forced_mode").name

        def silent() -> None:
            rig.device.faults[mode] = SILENCE

        await watch(rig, 72, (1.0, silent), (58.0, rig.device.faults.clear))
        assert gaps(rig, mode) == [60.0]

    run_virtual(main())


def test_a_new_wish_tries_again() -> None:
    async def main() -> None:
        rig = huawei()
        await rig.set(IDLE)
        await rig.control.give_up("cellar is controlled by someone else", write_normal=False)
        await rig.set(CHARGE, 1000)
        assert rig.control.problem == ""
        assert rig.control.held.is_set()

    run_virtual(main())


def test_what_expired_during_an_outage_is_nobodys_fault() -> None:
    async def main() -> None:
        rig = huawei()
        mode = rig.register("ctl_forced_mode")
        await rig.set(CHARGE, 1000)

        def silent() -> None:
            rig.device.faults[mode.name] = SILENCE

        def back() -> None:
            rig.device.put(mode, 0)
            rig.device.faults.clear()

        outages = [
            (t, act) for n in range(3) for t, act in ((200 * n, silent), (200 * n + 180, back))
        ]
        await watch(rig, 600, *outages)
        assert rig.control.problem == ""
        assert rig.device.writes[-1] == (mode.name, 1)

    run_virtual(main())


def test_a_device_without_a_time_out_is_still_watched() -> None:
    async def main() -> None:
        rig = Rig("sungrow_sh", max_power_w=5000)
        await rig.set(IDLE)
        command = rig.register("ctl_forced_command")
        rig.device.log.clear()
        await watch(rig, 200, (1.0, lambda: rig.device.put(command, 170)))
        assert rig.device.writes == [(command.name, 204)]

    run_virtual(main())

"""Whatever is asked, and whatever fails: flash is spared and nothing is held by accident."""

import asyncio
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from agent.model.driver import LinkDown, Refused
from agent.model.readings import BatteryMode
from drivers.modbus.budget import DAY_S, WRITES_A_DAY
from tests.examples import examples
from tests.unit.modbus_control_fakes import REFUSAL, SILENCE, Rig, huawei
from tests.virtual_time import run_virtual

MODES = [mode for mode in BatteryMode if mode is not BatteryMode.UNKNOWN]
CONTROLS = [r.name for r in huawei().model.registers if r.writable]

wishes = st.tuples(
    st.sampled_from(MODES),
    st.one_of(st.none(), st.floats(0, 10_000)),
    st.sampled_from([None, REFUSAL, SILENCE]),
    st.sampled_from(CONTROLS),
    st.floats(0, 4000),
)


async def ask(rig: Rig, mode: BatteryMode, power_w: float | None) -> bool:
    try:
        await rig.set(mode, power_w)
    except (LinkDown, Refused):
        return False
    return True


@examples(60)
@given(st.lists(wishes, max_size=40))
def test_a_battery_is_held_exactly_while_its_mode_stands(
    asked: list[tuple[BatteryMode, float | None, object, str, float]],
) -> None:
    async def main() -> None:
        rig = huawei()
        for mode, power_w, fault, where, pause_s in asked:
            rig.device.faults = {where: fault} if fault else {}  # type: ignore[dict-item]
            taken = await ask(rig, mode, power_w)
            rig.device.faults = {}
            if taken:
                assert await rig.control.observe() is mode
                assert rig.control.held.is_set() == (mode is not BatteryMode.SELF_RELIANCE)
                assert rig.writer_note() == ("" if mode is BatteryMode.SELF_RELIANCE else mode)
            await asyncio.sleep(pause_s)
        await rig.control.give_back()
        assert not rig.control.held.is_set()
        assert rig.writer_note() == ""

    run_virtual(main())


@examples(20)
@given(st.lists(st.floats(0, 5000), min_size=60, max_size=120))
def test_no_register_in_flash_is_written_more_than_fifty_times_a_day(powers: list[float]) -> None:
    async def main() -> None:
        rig = huawei()
        for power_w in powers:
            await ask(rig, BatteryMode.IMPORT_FOCUS, power_w)
            await asyncio.sleep(DAY_S / len(powers) / 2)
        volatile = {r.name for r in rig.model.registers if r.volatile}
        counts = Counter(name for name, _ in rig.device.writes if name not in volatile)
        given_back = {"ctl_grid_charge"}  # free when the battery is given back
        assert all(n <= WRITES_A_DAY for name, n in counts.items() if name not in given_back)

    run_virtual(main())

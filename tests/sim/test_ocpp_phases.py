"""Phases on the wire: what is written, in ampere and in watts, and who is not asked."""

from dataclasses import replace
from typing import Any

import pytest

from agent.model.driver import Refused
from agent.model.targets import ChargerTarget, Owner, ReasonCode
from drivers.ocpp.config import ChargerConfig
from drivers.ocpp.forms import HOLD_S
from tests.notebook import Notebook
from tests.sim.ocpp_house import GARAGE, REASON, site
from tests.sim.ocpp_peer import Answer, Peer

SWITCHING = {"garage": ChargerConfig(identity="CP1", phase_switching=True)}


def on(
    phases: int | None,
    max_current_a: float = 10.0,
    *,
    charging: bool = True,
    code: ReasonCode = ReasonCode.MANUAL_START,
) -> ChargerTarget:
    return ChargerTarget(
        device=GARAGE,
        charging=charging,
        max_current_a=max_current_a if charging else 0.0,
        phases=phases,
        owner=Owner.DEFAULT,
        reason=replace(REASON, code=code),
    )


def told(cp: Peer) -> list[tuple[float, int | None]]:
    """Limit and number of phases of all periods of the working profiles, oldest first."""
    return [
        (period["limit"], period.get("numberPhases"))
        for profile in cp.profiles()
        if profile["chargingProfileId"] % 10 == 1
        for period in profile["chargingSchedule"]["chargingSchedulePeriod"]
    ]


async def plugged_in(cp: Peer, **boot: str) -> None:
    await cp.boot(**boot)
    await cp.status("Preparing")
    await cp.start()
    await cp.status("Charging")


async def test_a_charger_is_told_its_phases_before_and_after_the_limits_end() -> None:
    async with site(SWITCHING) as here, Peer.dial(here.port) as cp:
        await plugged_in(cp)
        await here.listener.send(on(1))
        assert told(cp) == [(10.0, 1), (6.0, 1)]
        assert here.house.garage.phases_told == 1
        await here.listener.send(on(3))
        assert told(cp)[2:] == [(10.0, 3), (6.0, 3)]
        await here.listener.send(on(1, charging=False))
        assert told(cp)[4:] == [(0.0, 1), (6.0, 1)]
        assert here.house.garage.phases_told == 1


async def test_the_same_limit_on_other_phases_is_written_at_once() -> None:
    async with site(SWITCHING) as here, Peer.dial(here.port) as cp:
        await plugged_in(cp)
        for phases in (3, 1):
            await here.listener.send(on(phases, code=ReasonCode.SURPLUS))
        assert told(cp)[::2] == [(10.0, 3), (10.0, 1)]


async def test_without_leave_nothing_but_the_wired_phases_is_told() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await plugged_in(cp)
        await here.listener.send(on(1))
        assert {phases for _, phases in told(cp)} == {3}
        assert here.house.garage.phases_told is None


async def test_a_limit_in_watts_is_of_the_phases_in_use_and_names_them() -> None:
    def watts_only(payload: dict[str, Any]) -> Answer:
        unit = payload["csChargingProfiles"]["chargingSchedule"]["chargingRateUnit"]
        return {"status": "Accepted" if unit == "W" else "Rejected"}

    async with site(SWITCHING) as here, Peer.dial(here.port) as cp:
        cp.answers["SetChargingProfile"] = watts_only
        await plugged_in(cp)
        await here.listener.send(on(1))
        assert told(cp)[-2:] == [(2300.0, 1), (1380.0, 1)]
        await here.listener.send(on(3))
        assert told(cp)[-2:] == [(6900.0, 3), (4140.0, 3)]
        assert here.house.garage.limit_in_watts is True


async def test_a_make_that_ends_the_charge_on_a_change_is_refused_with_the_remedy() -> None:
    async with site(SWITCHING) as here, Peer.dial(here.port) as cp:
        await plugged_in(cp, chargePointVendor="go-e", chargePointModel="HOMEfix")
        assert here.house.garage.phases_switchable is False
        with pytest.raises(Refused, match=r"garage stays on its phases: this make is known to end"):
            await here.listener.send(on(1))
        await here.listener.send(on(3))
        assert {phases for _, phases in told(cp)} == {3}


async def test_a_charger_that_says_it_cannot_is_believed_and_remembered() -> None:
    notes = Notebook()
    key = {"key": "ConnectorSwitch3to1PhaseSupported", "readonly": True, "value": "false"}
    async with site(SWITCHING, notes=notes) as here, Peer.dial(here.port) as cp:
        cp.answers["GetConfiguration"] = lambda _: {"configurationKey": [key]}
        await plugged_in(cp)
        await here.house.until(lambda: here.house.garage.phases_switchable is False)
        with pytest.raises(Refused, match="cannot change between three phases and one"):
            await here.listener.send(on(1))
    async with site(SWITCHING, notes=notes) as here, Peer.dial(here.port) as cp:
        await cp.call("Heartbeat", {})
        await cp.status("Preparing")
        assert here.house.garage.phases_switchable is False


async def test_a_charger_that_was_away_until_its_limit_ended_is_told_all_its_phases() -> None:
    async with site(SWITCHING) as here:
        async with Peer.dial(here.port) as cp:
            await plugged_in(cp)
            await here.listener.send(on(1))
        await here.house.until(lambda: here.house.garage.reachable is False)
        here.clock.ahead_s += HOLD_S
        async with Peer.dial(here.port) as cp:
            await here.house.until(lambda: here.house.garage.reachable is True)
            assert here.house.garage.phases_told == 3
            await here.house.until(lambda: told(cp) == [(6.0, 3), (6.0, 3)])


async def test_a_charger_that_was_away_for_a_moment_is_told_its_phase_again() -> None:
    async with site(SWITCHING) as here:
        async with Peer.dial(here.port) as cp:
            await plugged_in(cp)
            await here.listener.send(on(1))
        async with Peer.dial(here.port) as cp:
            await here.house.until(lambda: told(cp) == [(10.0, 1), (6.0, 1)])
            assert here.house.garage.phases_told == 1


async def test_what_hearth_leaves_behind_when_it_goes_keeps_the_phases() -> None:
    async with site(SWITCHING) as here, Peer.dial(here.port) as cp:
        await plugged_in(cp)
        await here.listener.send(on(1, 16.0))
        await here.listener.make_safe()
        assert told(cp)[-2:] == [(6.0, 1), (6.0, 1)]

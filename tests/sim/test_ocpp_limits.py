"""Limits over a real socket: what is accepted, refused, read back, kept up and let go."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from agent.model.driver import LinkDown, Refused
from agent.model.targets import ReasonCode
from drivers.ocpp.calls import Pacing
from drivers.ocpp.config import ChargerConfig
from tests.notebook import Notebook
from tests.sim.ocpp_house import charge, pause, site
from tests.sim.ocpp_peer import Answer, Peer


def limits(cp: Peer) -> list[float]:
    """Limits of the working profiles, oldest first."""
    return [
        profile["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"]
        for profile in cp.profiles()
        if profile["chargingProfileId"] % 10 == 1
    ]


def takes(fits: Callable[[dict[str, Any]], bool]) -> Callable[[dict[str, Any]], Answer]:
    def answer(payload: dict[str, Any]) -> Answer:
        return {"status": "Accepted" if fits(payload["csChargingProfiles"]) else "Rejected"}

    return answer


async def plugged_in(cp: Peer) -> int:
    await cp.boot()
    await cp.status("Preparing")
    number = await cp.start()
    await cp.status("Charging")
    return number


@pytest.mark.parametrize(
    "fits",
    [
        lambda p: p["stackLevel"] == 0,
        lambda p: p["chargingSchedule"]["chargingRateUnit"] == "W",
        lambda p: p["chargingProfilePurpose"] == "ChargePointMaxProfile",
        lambda p: p["chargingProfileKind"] == "Relative",
        lambda p: p["chargingProfilePurpose"] == "TxProfile" and "transactionId" in p,
        lambda p: "validTo" not in p,
    ],
)
async def test_the_form_that_a_charger_takes_is_found_and_remembered(
    fits: Callable[[dict[str, Any]], bool],
) -> None:
    notes = Notebook()
    async with site(notes=notes) as here, Peer.dial(here.port) as cp:
        cp.answers["SetChargingProfile"] = takes(fits)
        await plugged_in(cp)
        await here.listener.send(charge(10.0))
        assert here.house.garage.accepted_current_a == 10.0
    async with site(notes=notes) as here, Peer.dial(here.port) as cp:
        cp.answers["SetChargingProfile"] = takes(fits)
        await plugged_in(cp)
        await here.listener.send(charge(10.0))
        assert fits(cp.profiles()[0])


@pytest.mark.parametrize("answer", [{"status": "Rejected"}, {"error": "NotImplemented"}])
async def test_a_charger_that_takes_no_limit_refuses_and_says_what_to_do(answer: Answer) -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        cp.answers["SetChargingProfile"] = lambda _: answer
        number = await plugged_in(cp)
        with pytest.raises(Refused, match=r"garage takes no charging limit; allow smart charging"):
            await here.listener.send(charge(10.0))
        assert here.house.garage.controllable is False
        await here.listener.send(pause())  # then pausing is stopping
        assert (await cp.was_asked("RemoteStopTransaction"))["transactionId"] == number


async def test_a_refused_remote_start_is_refused() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        cp.answers["RemoteStartTransaction"] = lambda _: {"status": "Rejected"}
        await cp.boot()
        await cp.status("Preparing")
        with pytest.raises(Refused, match=r"garage refused to start a charge \(Rejected\)"):
            await here.listener.send(charge(10.0))


async def test_what_the_charger_says_it_applies_is_read_back() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        cp.answers["GetCompositeSchedule"] = lambda _: {
            "status": "Accepted",
            "chargingSchedule": {
                "chargingRateUnit": "A",
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limits(cp)[-1]}],
            },
        }
        await plugged_in(cp)
        await here.listener.send(charge(11.0))
        await here.house.until(lambda: here.house.garage.max_current_a == 11.0)


async def test_a_limit_never_exceeds_what_the_installer_allows() -> None:
    chargers = {"garage": ChargerConfig(identity="CP1", max_current_a=10)}
    async with site(chargers) as here, Peer.dial(here.port) as cp:
        await plugged_in(cp)
        await here.listener.send(charge(32.0))
        await here.listener.send(pause())
        await here.listener.send(charge(None))
        assert limits(cp) == [10.0, 0.0, 10.0]


async def test_limits_are_asserted_again_over_a_new_connection() -> None:
    async with site() as here:
        async with Peer.dial(here.port) as cp:
            await plugged_in(cp)
            await here.listener.send(charge(10.0))
        await here.house.until(lambda: here.house.garage.reachable is False)
        with pytest.raises(LinkDown, match="garage is not connected"):
            await here.listener.send(charge(8.0))
        async with Peer.dial(here.port) as cp:
            await cp.call("Heartbeat", {})
            await cp.was_asked("SetChargingProfile")
            assert limits(cp) == [8.0]


async def test_a_limit_is_refreshed_while_a_car_is_connected() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await plugged_in(cp)
        await here.listener.send(charge(10.0))
        await here.house.until(lambda: here.house.garage.accepted_current_a == 10.0)
        before = len(limits(cp))
        here.clock.ahead_s = 301
        cp.asked.clear()
        await cp.was_asked("SetChargingProfile")
        assert limits(cp) == [10.0]
        assert before == 1


async def test_a_flickering_raise_waits_and_a_reduction_does_not() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await plugged_in(cp)
        await here.listener.send(charge(10.0, ReasonCode.SURPLUS))
        await here.listener.send(charge(13.0, ReasonCode.SURPLUS))
        await here.listener.send(charge(8.0, ReasonCode.SURPLUS))
        assert limits(cp) == [10.0, 8.0]


async def test_nothing_is_asked_before_the_charger_has_spoken() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        sending = asyncio.ensure_future(here.listener.send(charge(10.0)))
        await asyncio.sleep(0.05)
        assert cp.asked == []
        await cp.boot()
        await sending
        assert limits(cp) == [10.0]


async def test_a_half_dead_charger_is_disconnected_and_delays_no_other() -> None:
    chargers = {"garage": ChargerConfig(identity="CP1"), "yard": ChargerConfig(identity="CP2")}
    async with site(chargers) as here, Peer.dial(here.port, "CP1") as dead:
        await dead.boot()
        for action in ("SetChargingProfile", "TriggerMessage", "GetConfiguration"):
            dead.answers[action] = lambda _: None
        async with Peer.dial(here.port, "CP2") as good:
            await good.boot()
            stuck = asyncio.ensure_future(here.listener.send(charge(10.0)))
            good.asked.clear()
            assert (await good.call("Heartbeat", {}))["currentTime"]
            with pytest.raises(LinkDown, match="garage"):
                await stuck
            for _ in range(3):
                if here.house.garage.reachable:
                    with pytest.raises(LinkDown):
                        await here.listener.send(charge(10.0))
            await here.house.until(lambda: here.house.garage.reachable is False)
            assert (await good.call("Heartbeat", {}))["currentTime"]


async def test_a_charger_that_never_answers_is_only_listened_to_after_three_connections() -> None:
    impatient = Pacing(settle_s=0.01, backstop_s=0.1, answer_s=0.02, quiet_s=5.0)
    async with site(pacing=impatient, speed=200.0) as here:
        for _ in range(3):
            async with Peer.dial(here.port) as deaf:
                deaf.deaf = True
                await deaf.boot()
                for _ in range(3):
                    with pytest.raises(LinkDown):
                        await here.listener.send(charge(10.0))
                await deaf.socket.wait_closed()
        async with Peer.dial(here.port) as deaf:
            deaf.deaf = True
            await deaf.boot()
            with pytest.raises(LinkDown, match="garage does not answer any command; restart"):
                await here.listener.send(charge(10.0))
            await asyncio.sleep(0.3)
            assert (await deaf.call("Heartbeat", {}))["currentTime"]
            assert deaf.asked == []


async def test_a_pending_request_fails_at_once_when_the_connection_ends() -> None:
    async with site() as here:
        async with Peer.dial(here.port) as cp:
            cp.answers["SetChargingProfile"] = lambda _: None
            await cp.boot()
            sending = asyncio.ensure_future(here.listener.send(charge(10.0)))
            await cp.was_asked("SetChargingProfile")
        with pytest.raises(LinkDown, match="garage is not connected"):
            await sending


async def test_a_charger_that_ignores_a_pause_is_stopped_when_asked_again() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        number = await plugged_in(cp)
        await cp.meter(7000)
        await here.listener.send(pause())
        await here.listener.send(pause())
        assert "RemoteStopTransaction" not in [action for action, _ in cp.asked]
        here.clock.ahead_s = 121
        await cp.meter(7000)
        await here.listener.send(pause())
        assert (await cp.was_asked("RemoteStopTransaction"))["transactionId"] == number


async def test_stopping_hearth_lowers_the_charger_to_its_fallback() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await plugged_in(cp)
        await here.listener.send(charge(16.0))
        await here.listener.make_safe()
        assert limits(cp) == [16.0, 6.0]


async def test_stopping_hearth_does_not_wake_a_paused_charger() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await plugged_in(cp)
        await here.listener.send(pause())
        await here.listener.make_safe()
        assert limits(cp) == [0.0]


async def test_a_silent_connection_is_taken_for_dead_after_three_heartbeats() -> None:
    async with site() as here, Peer.dial(here.port) as cp:
        await cp.boot()
        await asyncio.sleep(0.35)
        assert here.house.garage.reachable is True
        here.clock.ahead_s = 200
        await here.house.until(lambda: here.house.garage.reachable is False)

"""Commands of the cloud: carried out once, whatever happens on the way."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from agent.bridges.documents import device_id
from benchmarks.path import path_to
from simulators.cloud.orders import new_request_id
from tests.sim.cloud_house import AGENT, GARAGE, Judge, JumpClock, home, judge, until
from tests.sim.mosquitto import mosquitto

pytestmark = pytest.mark.mosquitto

CHARGER = device_id(AGENT, GARAGE)
LIMIT = {"targetType": "charger", "targetId": CHARGER, "kind": "SET_MAX_CURRENT"}


def limit(amps: float) -> dict[str, Any]:
    return LIMIT | {"target": {"maxCurrent": amps}}


async def actions(cloud: Judge) -> set[str]:
    events = await cloud.events()
    return {e["action"]["id"] for e in events if e["event"] == "user:vendor-action:updated"}


async def test_a_repeat_gets_the_same_result_and_does_nothing_also_after_a_restart(
    tmp_path: Path,
) -> None:
    request_id = new_request_id()
    with mosquitto(tmp_path) as broker:
        async with judge(tmp_path, broker.port) as cloud:
            async with home(tmp_path, broker.port) as here:
                await cloud.meets(here)
                first = await cloud.send("action.create", limit(10), request_id)
                assert first is not None
                assert (first["status"], first["body"]["kind"]) == (200, "SET_MAX_CURRENT")
                assert await cloud.send("action.create", limit(10), request_id) == first
                other = await cloud.send("action.create", limit(12), request_id)
                assert other is not None
                assert other["status"] == 409
                await cloud.proves(here)
            async with home(tmp_path, broker.port) as here:
                assert await cloud.send("action.create", limit(10), request_id) == first
                await cloud.proves(here)
                assert await actions(cloud) == {first["body"]["id"]}


async def test_what_cannot_be_done_is_said_and_said_again(tmp_path: Path) -> None:
    cases: list[tuple[str, dict[str, Any], int]] = [
        ("fly", {}, 404),
        ("action.create", limit(10) | {"targetId": new_request_id()}, 404),
        ("action.create", limit(10) | {"kind": "DANCE"}, 400),
        ("action.cancel", {"actionId": "none"}, 404),
        ("override.end", {"targetType": "charger", "targetId": CHARGER}, 404),
        ("page.get", {"fromSeq": -1}, 400),
    ]
    with mosquitto(tmp_path) as broker:
        async with judge(tmp_path, broker.port) as cloud, home(tmp_path, broker.port) as here:
            await cloud.meets(here)
            for command, body, status in cases:
                request_id = new_request_id()
                first = await cloud.send(command, body, request_id)
                assert first is not None
                assert first["status"] == status, first
                assert await cloud.send(command, body, request_id) == first


async def test_what_expired_while_the_house_was_away_is_not_done(tmp_path: Path) -> None:
    """By the broker, that drops it, or by the house, that refuses it."""
    with mosquitto(tmp_path) as broker:
        async with judge(tmp_path, broker.port) as cloud:
            async with home(tmp_path, broker.port) as here:
                await cloud.meets(here)
                assert await cloud.send("action.create", limit(10)) is not None
            gone, late = new_request_id(), new_request_id()
            wait = {"wait_s": 0.01}
            await cloud.send("action.create", limit(8), gone, expires_in_s=0.3, **wait)
            await cloud.send("action.create", limit(9), late, expires_in_s=-1, **wait)
            await asyncio.sleep(1.2)
            async with home(tmp_path, broker.port) as here:
                again = await cloud.send("action.create", limit(9), late)
                assert again is not None
                assert again["status"] == 410
                await cloud.proves(here)
                statuses = (await cloud.report())["results"]["byStatus"]
                assert statuses.keys() == {"200", "410"}
                assert statuses["200"] == 1
                assert len(await actions(cloud)) == 1


async def test_a_retained_command_is_ignored_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    request_id = new_request_id()
    with mosquitto(tmp_path) as broker:
        async with judge(tmp_path, broker.port) as cloud:
            await cloud.send("action.create", limit(8), request_id, retain=True, wait_s=0.05)
            async with home(tmp_path, broker.port) as here:
                await cloud.meets(here)
                await cloud.send("action.create", limit(10))
                await cloud.proves(here)
                assert len(await actions(cloud)) == 1
    assert f"ignored a retained command {request_id}: it may be from long ago" in caplog.messages


@pytest.mark.parametrize("mqtt5", [True, False], ids=["MQTT 5", "MQTT 3.1.1"])
async def test_without_a_clock_the_broker_says_what_is_in_time(
    tmp_path: Path, *, mqtt5: bool
) -> None:
    clock = JumpClock()
    clock.off, clock.trusted = -timedelta(days=9_000), False
    with mosquitto(tmp_path) as broker:
        protocol = "5" if mqtt5 else "3.1.1"
        async with (
            judge(tmp_path, broker.port, broker={"protocol": protocol}) as cloud,
            home(tmp_path, broker.port, clock=clock) as here,
        ):
            await cloud.meets(here)
            found = await cloud.send("action.create", limit(10))
    assert found is not None
    if mqtt5:
        assert found["status"] == 200
    else:
        assert found["status"] == 410
        assert "the clock of the house is not set yet" in found["body"]["detail"]


async def test_a_result_that_did_not_get_out_goes_with_the_next_connection(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        async with (
            judge(tmp_path, broker.port) as cloud,
            path_to(broker.port) as path,
            home(tmp_path, path.port) as here,
        ):
            await cloud.meets(here)
            path.up = False  # the command gets through, its result does not
            asked = asyncio.create_task(cloud.send("action.create", limit(10)))
            await until(lambda: here.control.pictures.value.actions, "the action is there")
            await asyncio.sleep(0.1)
            path.heal()
            path.reset()
            found = await asked
            assert found is not None
            assert found["status"] == 200
            await cloud.proves(here)
            assert len(await actions(cloud)) == 1


async def test_a_page_is_sent_again_without_holding_up_commands(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        async with (
            home(tmp_path, broker.port, options={"again_after_s": 60.0}) as here,
            judge(tmp_path, broker.port, ack=False) as cloud,
        ):
            await here.tell(3_000)
            await cloud.finds(lambda r: r.get("stored", 0) >= 3_000)
            found = await cloud.send("page.get", {"fromSeq": 1})
            assert found is not None
            assert found["status"] == 200
            assert (await cloud.send("action.create", limit(10), wait_s=2)) is not None
            await cloud.finds(lambda r: r["redelivered"] >= 3_000)
            cloud.service.nasty.ack = True
            await here.tell(1)
            await cloud.proves(here)
            gone = await cloud.send("page.get", {"fromSeq": 1, "toSeq": 5})
            assert gone is not None
            assert gone["status"] == 410

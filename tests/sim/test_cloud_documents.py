"""Schedules and locations of the cloud, in whatever order they come."""

from pathlib import Path
from typing import Any

import pytest

from agent.bridges.documents import device_id
from tests.sim.cloud_house import AGENT, GARAGE, Judge, JumpClock, home, judge, until
from tests.sim.mosquitto import mosquitto

pytestmark = pytest.mark.mosquitto

NIGHTS = "7b1a1e52-50a5-4c39-9f4e-d1a0b7f0c001"


def schedule(name: str, **more: Any) -> dict[str, Any]:
    return {
        "targetType": "charger",
        "targetId": device_id(AGENT, GARAGE),
        "name": name,
        "isEnabled": True,
        "defaultShouldCharge": False,
        "rules": [{"hourMinute": {"from": "22:00", "to": "06:00"}, "shouldCharge": True}],
        **more,
    }


async def reported(cloud: Judge, rev: int) -> dict[str, Any]:
    return await cloud.shows(f"reported/schedule/{NIGHTS}", lambda d: d["rev"] == rev)


async def test_only_what_is_newer_is_applied_also_after_a_restart(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        async with judge(tmp_path, broker.port) as cloud:
            async with home(tmp_path, broker.port, clock=JumpClock(speed=10.0)) as here:
                await cloud.meets(here)
                for rev in (3, 2, 3, 1):
                    await cloud.desired("schedule", NIGHTS, rev, schedule(f"number {rev}"))
                assert await reported(cloud, 3) == {"rev": 3, "status": "applied"}
                await cloud.proves(here)
                papers = here.control.pictures.value.schedules
                assert [each.name for each in papers.values()] == ["number 3"]
            async with home(
                tmp_path, broker.port, clock=JumpClock(speed=10.0)
            ) as here:  # rev 1 is what the broker retains
                await cloud.meets(here)
                await here.plug()
                await cloud.proves(here)
                papers = here.control.pictures.value.schedules
                assert [each.name for each in papers.values()] == ["number 3"]
                await cloud.desired("schedule", NIGHTS, 4, schedule("number 4"))
                assert (await reported(cloud, 4))["status"] == "applied"


async def test_a_rejected_one_leaves_the_former_in_force_and_says_why(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        async with (
            judge(tmp_path, broker.port) as cloud,
            home(tmp_path, broker.port, clock=JumpClock(speed=10.0)) as here,
        ):
            await cloud.desired("schedule", NIGHTS, 1, schedule("good"))
            assert (await reported(cloud, 1))["status"] == "applied"
            nowhere = "00000000-0000-4000-8000-00000000dead"
            await cloud.desired("schedule", NIGHTS, 2, schedule("bad", targetId=nowhere))
            found = await reported(cloud, 2)
            assert (found["status"], found["problem"]["status"]) == ("rejected", 400)
            assert "targetId" in found["problem"]["detail"]
            papers = here.control.pictures.value.schedules
            assert [each.name for each in papers.values()] == ["good"]
            await cloud.desired("schedule", NIGHTS, 3, schedule("better"))
            assert (await reported(cloud, 3))["status"] == "applied"


async def test_a_deletion_stays_one_while_an_older_document_comes_again(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        async with judge(tmp_path, broker.port) as cloud:
            async with home(tmp_path, broker.port, clock=JumpClock(speed=10.0)) as here:
                await cloud.desired("schedule", NIGHTS, 1, schedule("good"))
                assert (await reported(cloud, 1))["status"] == "applied"
                await cloud.desired("schedule", NIGHTS, 2, None, deleted=True)
                assert (await reported(cloud, 2))["status"] == "applied"
                assert not here.control.pictures.value.schedules
            await cloud.desired("schedule", NIGHTS, 1, schedule("good"))
            async with home(tmp_path, broker.port, clock=JumpClock(speed=10.0)) as here:
                await cloud.meets(here)
                await here.plug()
                await cloud.proves(here)
                assert not here.control.pictures.value.schedules


async def test_a_schedule_that_came_before_its_place_is_reported_again(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        async with (
            judge(tmp_path, broker.port) as cloud,
            home(tmp_path, broker.port, clock=JumpClock(speed=10.0)) as here,
        ):
            office = "7b1a1e52-50a5-4c39-9f4e-d1a0b7f0c002"
            await cloud.desired("schedule", NIGHTS, 1, schedule("away", locationId=office))
            assert (await reported(cloud, 1))["status"] == "rejected"
            await cloud.desired("location", office, 1, {"name": "Office"})
            topic = f"reported/schedule/{NIGHTS}"
            await cloud.shows(topic, lambda d: d == {"rev": 1, "status": "applied"})
            papers = here.control.pictures.value.schedules
            assert [each.name for each in papers.values()] == ["away"]


async def test_what_came_while_the_house_was_away_is_taken_when_it_is_back(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        async with judge(tmp_path, broker.port) as cloud:
            async with home(tmp_path, broker.port, clock=JumpClock(speed=10.0)) as here:
                await cloud.meets(here)
            await cloud.desired("schedule", NIGHTS, 5, schedule("late"))
            await cloud.desired("schedule", NIGHTS, 6, schedule("later"))
            async with home(tmp_path, broker.port, clock=JumpClock(speed=10.0)) as here:
                assert (await reported(cloud, 6))["status"] == "applied"
                pictures = here.control.pictures
                await until(lambda: pictures.value.schedules, "it is in force")


async def test_nonsense_is_one_line_in_the_log_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with mosquitto(tmp_path) as broker:
        async with (
            judge(tmp_path, broker.port) as cloud,
            home(tmp_path, broker.port, clock=JumpClock(speed=10.0)) as here,
        ):
            await cloud.meets(here)
            there = cloud.service.connected()
            base = f"hearth/v1/{AGENT}"
            big = b'{"rev": 1, "body": "' + b"x" * 140_000 + b'"}'
            for topic, payload in (
                ("desired/tariff/x", b'{"rev": 1}'),
                (f"desired/schedule/{NIGHTS}", big),
                (f"desired/schedule/{NIGHTS}", b"\x1f\x8bnonsense"),
                (f"desired/schedule/{NIGHTS}", b""),
                ("ack", b"[]"),
                ("ack", b'{"bootId": "x", "ackSeq": 999999}'),
                ("vehicle-in/garage", b'{"observedAt": "2026-01-01T00:00:00Z"}'),
                ("cmd/" + "x" * 70, b"{}"),
            ):
                for _ in range(3):
                    await there.publish(f"{base}/{topic}", payload)
            await here.plug(2)
            found = await cloud.proves(here)
            assert found["results"]["byStatus"] == {}
            assert here.link_states == ["up"]
    ignored = [line for line in caplog.messages if line.startswith("ignored what came on")]
    assert len(ignored) == len(set(ignored)) == 6, ignored

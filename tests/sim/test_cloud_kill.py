"""The whole daemon killed with -9 again and again; HEARTH_CLOUD_KILLS sets how often (5).

Between the change and its event, between the event and its way to the broker, in the middle of a
command: what was done is told, once, and what was commanded is done, once.
"""

import asyncio
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.bridges.documents import device_id
from agent.cli.ask import ask
from simulators.clock import SimClock
from simulators.cloud.orders import new_request_id
from tests.sim.cloud_house import AGENT, GARAGE, ZOE_THERE, Json, Judge, judge
from tests.sim.mosquitto import mosquitto
from tests.sim.ports import free_port

pytestmark = pytest.mark.mosquitto

KILLS = int(os.environ.get("HEARTH_CLOUD_KILLS", "5"))
SPEED = 20.0
CONFIG = """\
house: {{timezone: Europe/Brussels, fuse_a: 63}}
store: {{path: {folder}/hearth.db, commit_every_s: 5}}
api: {{socket: {folder}/hearth.sock}}
ocpp: {{listen: 127.0.0.1, port: {ocpp}}}
chargers:
  garage: {{identity: CP1, mode: fast}}
vehicles:
  zoe: {{source: cloud, id: {car}}}
cloud: {{host: 127.0.0.1, port: {port}, tls: false, agent_id: {agent}}}
"""
CHARGER = device_id(AGENT, GARAGE)
LOG = "hearth.log"


def write_config(folder: Path, port: int) -> str:
    """Returns the clock of the house, for all its programs."""
    config = folder / "hearth.yaml"
    config.write_text(
        CONFIG.format(folder=folder, ocpp=free_port(), port=port, agent=AGENT, car=ZOE_THERE)
    )
    config.chmod(0o600)
    return f"2026-06-01T10:00:00Z/{time.time():.3f}/{SPEED:g}"


@asynccontextmanager
async def daemon(folder: Path, clock: str) -> AsyncIterator[asyncio.subprocess.Process]:
    with (folder / LOG).open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "agent", "run", "-c", str(folder / "hearth.yaml"),
            "--simulated-time", clock, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def stopped(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(15):
        assert await process.wait() == 0


class Load:
    """What the cloud does to the house: a car that moves, and commands until they are answered."""

    def __init__(self, cloud: Judge, clock: SimClock, dice: random.Random) -> None:
        self._cloud, self._clock, self._dice = cloud, clock, dice
        self.answers: dict[str, Json] = {}
        self._asked: dict[str, int] = {}

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._drive())
            tasks.create_task(self._command())

    async def _drive(self) -> None:
        plugged = False
        while True:
            plugged = not plugged
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._clock.now_s() - 1))
            word = "PLUGGED_IN:STOPPED" if plugged else "UNPLUGGED"
            state = {"isPluggedIn": plugged, "powerDeliveryState": word}
            body = {"observedAt": at, "chargeState": state}
            await self._cloud.vehicle_in(ZOE_THERE, body)
            await asyncio.sleep(self._dice.uniform(0.02, 0.2))

    async def _command(self) -> None:
        while True:
            request_id = new_request_id()
            self._asked[request_id] = self._dice.choice([8, 10, 12])
            self.answers[request_id] = await self._ask(request_id)

    async def again(self, request_id: str) -> None:
        """A repeat in a later life gets what the first one got."""
        assert await self._ask(request_id) == self.answers[request_id]

    async def _ask(self, request_id: str) -> Json:
        """Until there is an answer."""
        body: dict[str, Any] = {"targetType": "charger", "targetId": CHARGER}
        body |= {"kind": "SET_MAX_CURRENT", "target": {"maxCurrent": self._asked[request_id]}}
        while True:
            found = await self._cloud.send("action.create", body, request_id, wait_s=0.3)
            if found is not None:
                return found


def executed(folder: Path) -> dict[str, str]:
    """What the house has written down of commands."""
    db = sqlite3.connect(folder / "hearth.db")
    try:
        return dict(db.execute("SELECT request_id, doc FROM executed"))
    finally:
        db.close()


async def settled(folder: Path, cloud: Judge) -> None:
    """Wait until the house has nothing more to tell."""
    await cloud.finds(lambda r: r["online"] and r["acked"] >= r["sent"] > 0, within_s=20)
    end_s = time.monotonic() + 20
    while True:
        await asyncio.sleep(0.3)
        if (await cloud.report())["acked"] >= highest(folder):
            return
        assert time.monotonic() < end_s


@pytest.mark.timeout(90 + 10 * KILLS)
async def test_killed_at_any_moment_it_tells_everything_once_and_obeys_once(
    tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    with mosquitto(tmp_path, ("allow_anonymous true", "max_queued_messages 100000")) as broker:
        clock = write_config(tmp_path, broker.port)
        async with judge(tmp_path, broker.port, clock=SimClock.parse(clock)) as cloud:
            load = Load(cloud, SimClock.parse(clock), dice)
            working = asyncio.create_task(load.run())
            for life in range(KILLS):
                async with daemon(tmp_path, clock) as process:
                    if life == 0:
                        await cloud.finds(lambda r: r.get("stored"), within_s=20)
                    await asyncio.sleep(dice.uniform(0.5, 1.6))
                    process.send_signal(signal.SIGKILL)
                    await process.wait()
            async with daemon(tmp_path, clock) as process:
                answered = len(load.answers)
                while len(load.answers) < answered + 3:
                    assert not working.done(), seed
                    await asyncio.sleep(0.05)
                working.cancel()
                await asyncio.wait([working])
                for request_id in list(load.answers)[:3]:
                    await load.again(request_id)
                await settled(tmp_path, cloud)
                found = await cloud.report()
                await stopped(process)
            assert found["clean"], (found, seed)
            assert found["bootIds"] > KILLS // 5, (found, seed)
            check_commands(await cloud.events(), load, executed(tmp_path), found, seed)
    assert "Traceback" not in (tmp_path / LOG).read_text()


def check_commands(
    events: list[Json], load: Load, written: dict[str, str], found: Json, seed: int
) -> None:
    """Each command that was answered is written down, and made one Action at the most."""
    answered = load.answers
    assert len(answered) > KILLS // 5, seed
    assert answered.keys() <= written.keys(), seed
    assert found["results"]["changed"] == 0, (found, seed)
    bodies = [a["body"] for a in answered.values() if a["status"] == 200]
    made = [body["id"] for body in bodies if body and "id" in body]
    told = {e["action"]["id"] for e in events if e["event"] == "user:vendor-action:updated"}
    assert set(made) <= told, seed
    assert len(told) <= len(written), seed


async def test_what_was_decided_but_not_sent_is_sent_by_the_next_life(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as broker:
        broker.kill()
        clock = write_config(tmp_path, broker.port)
        async with daemon(tmp_path, clock) as process:
            end_s = time.monotonic() + 15
            while not (waiting := highest(tmp_path)):
                assert time.monotonic() < end_s
                await asyncio.sleep(0.05)
            process.send_signal(signal.SIGKILL)
            await process.wait()
        broker.start()
        async with judge(tmp_path, broker.port) as cloud, daemon(tmp_path, clock) as process:
            found = await cloud.finds(lambda r: r.get("acked", 0) >= waiting, within_s=20)
            assert found["clean"]
            events = await cloud.events()
            assert events[0]["bootId"] != found["bootId"], "told by the life before"
            links = await asyncio.to_thread(ask, tmp_path / "hearth.sock", {"ask": "status"})
            assert links["links"]["cloud"] == "up"
            began_s = time.monotonic()
            await stopped(process)
            assert time.monotonic() - began_s < 4
            assert (await cloud.finds(lambda r: not r["online"]))["clean"]


def highest(folder: Path) -> int:
    """The highest seq that waits on disk."""
    if not (folder / "hearth.db").exists():
        return 0
    db = sqlite3.connect(folder / "hearth.db", timeout=10)
    try:
        (seq,) = db.execute("SELECT coalesce(max(seq), 0) FROM outbox").fetchone()
    except sqlite3.OperationalError:  # its tables are not there yet
        return 0
    finally:
        db.close()
    return int(seq)

"""The whole daemon killed with -9 while a car charges; HEARTH_DAEMON_KILLS sets how often (3).

Everything around it is real: charge points, meter and inverter as processes, a broker, and
somebody who watches as Home Assistant does. The house runs ten times as fast as the wall.
"""

import os
import queue
import random
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from agent.cli.ask import NotRunning
from agent.cli.demo.house import DemoHouse
from agent.cli.demo.scene import Scene
from agent.clock import FastClock

KILLS = int(os.environ.get("HEARTH_DAEMON_KILLS", "3"))
SPEED = 10.0
PATIENCE_S = 15.0
MIN_A = 6.0
LIMITS_A = ("16", "12", "14")
LIMIT = "hearth/demo/garage/current_limit/set"


class Counters:
    """Who books energy as Home Assistant does: every counter that the broker passes on."""

    def __init__(self, port: int) -> None:
        self.seen: dict[str, list[float]] = {}
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="watcher")
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.subscribe("hearth/#", qos=1)
        self._client.loop_start()

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if not message.topic.endswith("/set"):
            try:
                value = float(message.payload)
            except ValueError:
                return
            self.seen.setdefault(message.topic, []).append(value)

    def command(self, limit_a: str) -> None:
        self._client.publish(LIMIT, limit_a, qos=1).wait_for_publish(PATIENCE_S)

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@dataclass
class Home:
    """The demo's house, whose daemon can be killed and started again."""

    demo: DemoHouse
    counters: Counters
    events: list[dict[str, Any]] = field(default_factory=list)

    def now(self) -> datetime:
        return FastClock.parse(self.demo.clock).now().at

    def kill(self) -> datetime:
        os.kill(self.demo.daemon.pid, signal.SIGKILL)
        until("Hearth is dead", lambda: not self.demo.daemon.running)
        return self.now()

    def start(self) -> None:
        config = str(self.demo.scene.folder / "hearth.yaml")
        clock = self.demo.clock
        self.demo.daemon = self.demo._run(
            "hearth", "agent", "run", "-c", config, "--simulated-time", clock
        )

    def box_said(self, event: str, since: datetime | None = None) -> list[dict[str, Any]]:
        """What the garage's box has told of this kind, after an instant of the house."""
        box = next(p for p in self.demo.processes if p.name.endswith("CP001"))
        try:
            while True:
                self.events.append(box._lines.get_nowait())
        except queue.Empty:
            pass
        said = [e for e in self.events if e.get("event") == event]
        return [e for e in said if since is None or datetime.fromisoformat(e["at"]) > since]

    def garage(self) -> dict[str, Any]:
        """Of the status document; nothing while Hearth is not there."""
        try:
            devices: Any = self.demo.status()["devices"]
        except (NotRunning, OSError, ValueError):
            return {}
        state: dict[str, Any] = next(d for d in devices if d["id"] == "garage")["state"]
        return state

    def pending(self) -> list[dict[str, Any]]:
        actions: Any = self.demo.status()["actions"]
        return [a for a in actions if a["state"] == "PENDING"]


def until(what: str, true: Callable[[], object]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end_s, f"never: {what}"
        time.sleep(0.02)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    scene = Scene(folder=tmp_path, speed=SPEED, seed=1, trace=None, at_home=True)
    with DemoHouse(scene) as demo:
        counters = Counters(demo.broker_port)
        try:
            yield Home(demo, counters)
        finally:
            counters.leave()


@pytest.mark.timeout(60 + 10 * KILLS)
def test_killed_while_a_car_charges_it_loses_nothing_and_the_car_charges_on(
    home: Home, seed: int
) -> None:
    dice = random.Random(seed)
    until("the charge begins", lambda: home.box_said("started"))
    gone = home.kill()  # the box waits for the number of its transaction, or has just got it
    home.start()
    check_the_box(home, gone, seed)
    acknowledged = set[str]()
    for number in range(KILLS - 1):
        time.sleep(dice.uniform(0.0, 0.6))
        home.counters.command(LIMITS_A[number % len(LIMITS_A)])
        time.sleep(dice.uniform(0.0, 0.3))
        acknowledged |= {a["id"] for a in home.pending()}
        gone = home.kill()
        home.start()
        check_the_box(home, gone, seed)
    until("every action ends", lambda: not home.pending())
    number_of_the_charge = home.garage()["transactionId"]
    until("counters were told", lambda: len(told_twice(home.counters)) >= 3)
    assert not home.box_said("stopped"), seed
    assert {e["id"] for e in home.box_said("transaction")} == {number_of_the_charge}, seed
    home.demo.stop()
    check_the_database(home.demo.scene.folder / "hearth.db", number_of_the_charge, acknowledged)
    for topic, values in home.counters.seen.items():
        assert values == sorted(values), (topic, values, seed)


def check_the_box(home: Home, gone: datetime, seed: int) -> None:
    """Through the whole absence the car is offered what it had; afterwards it is still steered."""
    until("the box is back", lambda: home.box_said("connected", gone))
    back = home.box_said("connected", gone)[0]["at"]
    offers = [(datetime.fromisoformat(e["at"]), e["current_a"]) for e in home.box_said("offer")]
    had = [a for at, a in offers if at <= gone][-1:]
    alone = [a for at, a in offers if gone < at <= datetime.fromisoformat(back)]
    assert all(current_a >= max(had, default=MIN_A) for current_a in alone), (offers, gone, seed)
    until("the charge is known again", lambda: home.garage().get("transactionId"))
    until("the car charges", lambda: home.garage().get("isCharging"))
    assert all(e["current_a"] >= MIN_A for e in home.box_said("offer")), seed


def check_the_database(path: Path, number: int, acknowledged: set[str]) -> None:
    db = sqlite3.connect(path)
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        charges = db.execute("SELECT id, open FROM charge WHERE charger = 'garage'").fetchall()
        assert charges == [(number, 1)]
        sessions = db.execute("SELECT count(*) FROM session WHERE charger = 'garage'").fetchone()
        assert sessions == (1,)
        states = dict(db.execute("SELECT id, state FROM action"))
    finally:
        db.close()
    assert acknowledged <= set(states)
    assert set(states.values()) <= {"CONFIRMED", "CANCELLED"}


def told_twice(counters: Counters) -> list[str]:
    return [topic for topic, values in counters.seen.items() if values[-1] > values[0]]

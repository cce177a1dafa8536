"""Hands on the demo's house for the benchmark of limits: its loads, the grid operator's inputs, and
the children that make its plans."""

import json
import os
import signal
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from agent.cli.demo.house import DemoHouse
from agent.cli.demo.operator import FREE, TOPIC
from agent.cli.demo.scene import CITY_BACK_S
from benchmarks.processes import DidNotStart

ASKED = {
    "hearth/demo/garage/mode/set": "fast",
    "hearth/demo/family_car/ready_by/set": "12:00",
    "hearth/demo/family_car/smart_charging/set": "ON",
}
"""The car is wanted sooner than it can be full: it charges at once with a plan and without one, and
the planner is asked anew at each order."""

SECOND = {
    "hearth/demo/city_car/smart_charging/set": "OFF",
    "hearth/demo/carport/mode/set": "fast",
}
SECOND_HOME_S, SECOND_WITHIN_S, BOTH_W = CITY_BACK_S + 5.0, 360.0, 12_000.0
"""The second car drives off soon after it came, and is back for good in the fifth minute."""

RESTS_W, RESTS_WITHIN_S = 1000.0, 180.0

DIM_W, DIMMED_W = 4200.0, 4300.0
CALM_S, CALM_WITHIN_S, WITHIN_S, LOOK_EVERY_S = 3.0, 60.0, 20.0, 0.02

Truth = dict[str, Any]


class Dim(Protocol):
    """Dims the house by one of the operator's ways, or no more."""

    def __call__(self, *, dimmed: bool) -> None: ...


class Contact(socketserver.ThreadingTCPServer):
    """An input module with one contact: Modbus TCP, function 2."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Contact)
        self.closed = False
        threading.Thread(target=self.serve_forever, name="contact", daemon=True).start()

    @property
    def port(self) -> int:
        port: int = self.server_address[1]
        return port


class _Contact(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with suppress(OSError):
            while request := self.request.recv(12):
                head = request[:4] + struct.pack(">HB", 4, request[6])
                bit = isinstance(self.server, Contact) and self.server.closed
                self.request.sendall(head + bytes((2, 1, bit)))


class Inputs:
    """What the grid operator can turn: a topic, a contact and a pin.

    Args:
        folder: for the file that stands for the pin.
    """

    def __init__(self, folder: Path) -> None:
        self._contact, self._pin = Contact(), folder / "pin"
        self._pin.write_text("0")

    @property
    def settings(self) -> dict[str, str]:
        """The contact and the pin, by their names in the environment; the topic is the demo's."""
        inputs = {
            "CONTACT": {
                "SOURCE": "modbus",
                "HOST": "127.0.0.1",
                "PORT": f"{self._contact.port}",
                "TABLE": "discrete",
                "ADDRESS": "0",
            },
            "PIN": {"SOURCE": "file", "PATH": f"{self._pin}"},
        }
        return {
            f"HEARTH_GRID_OPERATOR__INPUTS__{name}__{key}": text
            for name, own in inputs.items()
            for key, text in {**own, "LIMIT_W": f"{DIM_W:g}"}.items()
        }

    def contact(self, *, dimmed: bool) -> None:
        self._contact.closed = dimmed

    def pin(self, *, dimmed: bool) -> None:
        self._pin.write_text("1" if dimmed else "0")

    def leave(self) -> None:
        self._contact.shutdown()
        self._contact.server_close()


class Hands:
    """On the loads of the house and on what people want."""

    def __init__(self, house: DemoHouse) -> None:
        self._cable, self._client = house.cable_port, mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.connect("127.0.0.1", house.broker_port)
        self._client.loop_start()
        self.fuse_a: float = self.truth()["fuse_a"]
        self.topic(dimmed=False)
        self.calm_w = DIMMED_W + 500
        self._say(ASKED)

    def truth(self, **wish: object) -> Truth:
        with socket.create_connection(("127.0.0.1", self._cable), timeout=5) as line:
            line.sendall(json.dumps(wish or {"truth": True}).encode() + b"\n")
            with line.makefile() as answers:
                truth: Truth = json.loads(answers.readline())["truth"]
        return truth

    def topic(self, *, dimmed: bool) -> None:
        """Dim the house by the topic, or no more."""
        word = f"{DIM_W:g}" if dimmed else FREE
        self._client.publish(TOPIC, word, qos=1, retain=True).wait_for_publish(5)

    def second_car(self) -> None:
        """Have the other car charge too, as soon as it is at home."""
        self._say(SECOND)
        self.calm_w, end_s = BOTH_W, time.monotonic() + SECOND_WITHIN_S
        while (truth := self.truth())["cars_w"] < BOTH_W or truth["simulated_s"] < SECOND_HOME_S:
            if time.monotonic() > end_s:
                raise DidNotStart(f"the second car does not charge: {truth}")
            time.sleep(1.0)

    def battery_rests(self) -> None:
        """Wait until the battery gives no more than the house needs beside the car."""
        end_s = time.monotonic() + RESTS_WITHIN_S
        while (truth := self.truth())["battery_w"] < -RESTS_W:
            if time.monotonic() > end_s:
                raise DidNotStart(f"the battery is emptied into the car: {truth}")
            time.sleep(0.5)

    def _say(self, words: Mapping[str, str]) -> None:
        for topic, word in words.items():
            self._client.publish(topic, word, qos=1).wait_for_publish(5)

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def charges(self) -> Truth:
        """Wait until the car takes what it can, steadily."""
        steady_s, end_s = time.monotonic(), time.monotonic() + CALM_WITHIN_S
        while True:
            truth = self.truth()
            if truth["cars_w"] < self.calm_w or max(truth["now_a"]) > self.fuse_a:
                steady_s = time.monotonic()
            if time.monotonic() - steady_s > CALM_S:
                return truth
            if time.monotonic() > end_s:
                raise DidNotStart(f"the car does not charge: {truth}")
            time.sleep(0.1)

    def until(self, wanted: Callable[[Truth], bool]) -> float:
        """Look until it is so; returns when that was, on the monotonic clock."""
        end_s = time.monotonic() + WITHIN_S
        while not wanted(truth := self.truth()):
            if time.monotonic() > end_s:
                raise DidNotStart(f"not within {WITHIN_S:g} s: {truth}")
            time.sleep(LOOK_EVERY_S)
        return time.monotonic()


@contextmanager
def planners(house: DemoHouse, *, kill: bool) -> Iterator[set[int]]:
    """Watch the planners that the daemon starts, or kill each at once; yields the ids of those
    that were seen so far."""
    over, found = threading.Event(), set[int]()
    children = Path(f"/proc/{house.daemon.pid}/task/{house.daemon.pid}/children")

    def hunt() -> None:
        while not over.wait(LOOK_EVERY_S):
            with suppress(OSError):
                for child in map(int, children.read_text().split()):
                    if b"agent.planner" in Path(f"/proc/{child}/cmdline").read_bytes():
                        found.add(child)
                        if kill:
                            os.kill(child, signal.SIGKILL)

    hunter = threading.Thread(target=hunt, name="planners", daemon=True)
    hunter.start()
    try:
        yield found
    finally:
        over.set()
        hunter.join()

"""A command through a real broker: until the driver is called, and until the answer is back.

Hearth's bridge, control and database run in a process of their own; each command is an Action
and on disk before the driver hears of it. The baseline writes nothing down: paho-mqtt as it
comes on a Mosquitto as it comes, both without TCP_NODELAY.
"""

import itertools
import json
import queue
import random
import socket
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.broker import mosquitto
from benchmarks.figures import Baseline, Figure, typical
from benchmarks.peers.mqtt_answerer import COMMANDS, STATE
from benchmarks.processes import READY_WITHIN_S, Child, DidNotStart

ROUNDS, TIMES = 4, 40
WARM_UP = 10
PAUSE_S = (0.02, 0.06)
SETTLE_S = 2.5
AIM_MS = 20.0
LIMITS_A = (8.0, 10.0, 12.0, 14.0)
BARE = "paho-mqtt and Mosquitto without TCP_NODELAY"


@dataclass(slots=True)
class _Found:
    """Milliseconds from publishing a command to the driver, and to the answer."""

    command_ms: list[float] = field(default_factory=list)
    answer_ms: list[float] = field(default_factory=list)


def measure(folder: Path) -> list[Figure]:
    with (
        _Line(folder, "mqtt_house", nodelay=True) as ours,
        _Line(folder, "mqtt_answerer", nodelay=False) as bare,
    ):
        time.sleep(SETTLE_S)
        for line in (ours, bare):
            line.round(WARM_UP)
        pairs = [(ours.round(TIMES), bare.round(TIMES)) for _ in range(ROUNDS)]
    return [
        Figure(
            name=f"mqtt.{name}_p{percent}_ms",
            value=typical([getattr(ours, f"{name}_ms") for ours, _ in pairs], percent),
            unit="ms",
            baseline=Baseline(
                BARE, typical([getattr(bare, f"{name}_ms") for _, bare in pairs], percent)
            ),
            aim=AIM_MS if (name, percent) == ("command", 99) else None,
            part="mqtt",
        )
        for name in ("command", "answer")
        for percent in (50, 99)
    ]


class _Line:
    """A broker, somebody who sends commands, and somebody who obeys."""

    def __init__(self, folder: Path, peer: str, *, nodelay: bool) -> None:
        with ExitStack() as opening:
            place = opening.enter_context(TemporaryDirectory(dir=folder))
            port = opening.enter_context(mosquitto(folder, nodelay=nodelay))
            command = ["-m", f"benchmarks.peers.{peer}", str(port), place]
            self._child = opening.enter_context(Child(peer, command, folder))
            self._child.next("up")
            self._sender = _Sender(port, nodelay=nodelay)
            opening.callback(self._sender.leave)
            self._open = opening.pop_all()
        self._limits_a = itertools.cycle(LIMITS_A)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def round(self, times: int) -> _Found:
        """Send commands one after the other, each when the last one was answered."""
        found = _Found()
        for _ in range(times):
            time.sleep(random.uniform(*PAUSE_S))
            limit_a = next(self._limits_a)
            began_s = self._sender.publish(limit_a)
            while (line := self._child.next("limit_a"))["limit_a"] != limit_a:
                pass
            answered_s = self._sender.wait_for(limit_a)
            found.command_ms.append(1000 * (line["at_s"] - began_s))
            found.answer_ms.append(1000 * (answered_s - began_s))
        return found


class _Sender:
    """Somebody at Home Assistant who turns the current up and down."""

    def __init__(self, port: int, *, nodelay: bool) -> None:
        self._answers: queue.Queue[tuple[float, float]] = queue.Queue()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        if nodelay:
            self._client.on_socket_open = _no_delay
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.subscribe(STATE, qos=1)
        self._client.loop_start()

    def publish(self, limit_a: float) -> float:
        """Returns the instant before it was sent."""
        began_s = time.monotonic()
        self._client.publish(COMMANDS, f"{limit_a:g}", qos=1)
        return began_s

    def wait_for(self, limit_a: float) -> float:
        """The instant when the state showed the limit.

        Raises:
            DidNotStart: it did not in time.
        """
        while True:
            try:
                shown_a, at_s = self._answers.get(timeout=READY_WITHIN_S)
            except queue.Empty:
                raise DidNotStart(f"no state showed {limit_a:g} A") from None
            if shown_a == limit_a:
                return at_s

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        at_s = time.monotonic()
        limit_a = json.loads(message.payload).get("current_limit")
        if limit_a is not None:
            self._answers.put((float(limit_a), at_s))


def _no_delay(_client: mqtt.Client, _data: object, sock: Any) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

"""A command through a real broker: until the driver is called, and until the answer is back.

Hearth's bridge, control and database run in a process of their own; each command is an Action
and on disk before the driver hears of it. The baseline writes nothing down: paho-mqtt as it
comes on a Mosquitto as it comes, both without TCP_NODELAY.
"""

import json
import queue
import random
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.broker import mosquitto
from benchmarks.figures import Baseline, Figure, percentile
from benchmarks.peers.mqtt_answerer import COMMANDS, STATE
from benchmarks.processes import READY_WITHIN_S, Child, DidNotStart

TIMES = 120
WARM_UP = 10
PAUSE_S = (0.02, 0.06)
SETTLE_S = 2.0
LIMITS_A = (8.0, 10.0, 12.0, 14.0)
BARE = "paho-mqtt and Mosquitto without TCP_NODELAY"


@dataclass(slots=True)
class _Found:
    """Milliseconds from publishing a command to the driver, and to the answer."""

    command_ms: list[float] = field(default_factory=list)
    answer_ms: list[float] = field(default_factory=list)


def measure(folder: Path) -> list[Figure]:
    ours = _try(folder, "mqtt_house", nodelay=True)
    bare = _try(folder, "mqtt_answerer", nodelay=False)
    return [
        *_figures("command", ours.command_ms, bare.command_ms, 20.0),
        *_figures("answer", ours.answer_ms, bare.answer_ms, None),
    ]


def _figures(
    name: str, ours_ms: Sequence[float], bare_ms: Sequence[float], aim_ms: float | None
) -> list[Figure]:
    return [
        Figure(
            name=f"mqtt.{name}_p{percent}_ms",
            value=percentile(ours_ms, percent),
            unit="ms",
            baseline=Baseline(BARE, percentile(bare_ms, percent)),
            aim=aim_ms if percent == 99 else None,
            part="mqtt",
        )
        for percent in (50, 99)
    ]


def _try(folder: Path, peer: str, *, nodelay: bool) -> _Found:
    with (
        TemporaryDirectory(dir=folder) as place,
        mosquitto(folder, nodelay=nodelay) as port,
        Child(peer, ["-m", f"benchmarks.peers.{peer}", str(port), place], folder) as child,
    ):
        child.next("up")
        time.sleep(SETTLE_S)
        return _command(_Sender(port, nodelay=nodelay), child)


def _command(sender: "_Sender", child: Child) -> _Found:
    found = _Found()
    for number in range(WARM_UP + TIMES):
        time.sleep(random.uniform(*PAUSE_S))
        limit_a = LIMITS_A[number % len(LIMITS_A)]
        began_s = sender.publish(limit_a)
        while (line := child.next("limit_a"))["limit_a"] != limit_a:
            pass
        answered_s = sender.wait_for(limit_a)
        if number >= WARM_UP:
            found.command_ms.append(1000 * (line["at_s"] - began_s))
            found.answer_ms.append(1000 * (answered_s - began_s))
    sender.leave()
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

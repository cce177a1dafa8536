"""How fast the house is back inside its limits, at real speed, on the house of `hearth demo`.

A load is switched on so that a phase of the main fuse has too much, or the grid operator's topic
dims the house; the house's own account tells when it is within again. The same, counted until the
charge points offer no more than they may, is Hearth's and their part: a car may take 5 s to follow
(IEC 61851-1), the simulated ones take 2 to 5. The night is dark, so that no sun is beside
the limit.
"""

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from agent.cli.demo.house import FUSE_A, DemoHouse
from agent.cli.demo.operator import FREE, TOPIC
from benchmarks.demo import demo_house
from benchmarks.figures import Baseline, Figure, percentile
from benchmarks.processes import DidNotStart

FAST_TOPIC = "hearth/demo/garage/mode/set"
ROUNDS = int(os.environ.get("HEARTH_LIMITS_ROUNDS", "10"))
DIM_W, DIMMED_W = 4200.0, 4300.0
OVER_A = 5.0
"""By so much the step overloads the fullest phase."""

AIM_S = 5.0
CALM_WITHIN_S, WITHIN_S, LOOK_EVERY_S = 60.0, 20.0, 0.02


class Bench:
    """Hands on the demo's house."""

    def __init__(self, house: DemoHouse) -> None:
        self._cable, self._client = house.cable_port, mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.connect("127.0.0.1", house.broker_port)
        self._client.loop_start()
        self._client.publish(FAST_TOPIC, "fast", qos=1).wait_for_publish(5)

    def truth(self, **wish: object) -> dict[str, Any]:
        with socket.create_connection(("127.0.0.1", self._cable), timeout=5) as line:
            line.sendall(json.dumps(wish or {"truth": True}).encode() + b"\n")
            with line.makefile() as answers:
                truth: dict[str, Any] = json.loads(answers.readline())["truth"]
        return truth

    def say(self, word: str) -> None:
        self._client.publish(TOPIC, word, qos=1, retain=True).wait_for_publish(5)

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def charges(self) -> dict[str, Any]:
        """Wait until the car takes what it can, steadily."""
        steady_s, end_s = time.monotonic(), time.monotonic() + CALM_WITHIN_S
        while True:
            truth = self.truth()
            if truth["cars_w"] < DIMMED_W + 500 or max(truth["now_a"]) > FUSE_A:
                steady_s = time.monotonic()
            if time.monotonic() - steady_s > 3.0:
                return truth
            if time.monotonic() > end_s:
                raise DidNotStart(f"the car does not charge: {truth}")
            time.sleep(0.1)

    def seconds(self, offered: Callable[[dict[str, Any]], bool]) -> float:
        began_s = time.monotonic()
        while not offered(self.truth()):
            if time.monotonic() - began_s > WITHIN_S:
                raise DidNotStart(f"not within {WITHIN_S:g} s: {self.truth()}")
            time.sleep(LOOK_EVERY_S)
        return time.monotonic() - began_s


def measure(folder: Path) -> list[Figure]:
    """The car comes home after ten seconds; then each round is a step of load and an order."""
    fuse, order = list[tuple[float, float]](), list[tuple[float, float]]()
    night = folder / "night.csv"
    night.write_text("start_utc,load_w,pv_w\n2026-06-15T00:00:00Z,600,0\n")
    with demo_house(folder, trace=night) as house:
        bench = Bench(house)
        bench.say(FREE)
        try:
            for _ in range(ROUNDS):
                fuse.append(_step(bench))
                order.append(_order(bench))
        finally:
            bench.leave()
    return [
        figure
        for name, rows in (("fuse", fuse), ("order", order))
        for figure in _figures(name, rows)
    ]


def _step(bench: Bench) -> tuple[float, float]:
    """Seconds until the offers, and until the currents, are within the main fuse."""
    now_a = bench.charges()["now_a"]
    fullest = now_a.index(max(now_a))
    watts = [0.0, 0.0, 0.0]
    watts[fullest] = (FUSE_A + OVER_A - now_a[fullest]) * 230.0
    bench.truth(extra_w=watts)
    told_s = bench.seconds(lambda t: _offered_a(t) <= FUSE_A)
    back_s = told_s + bench.seconds(lambda t: max(t["now_a"]) <= FUSE_A)
    bench.truth(extra_w=[0, 0, 0])
    return told_s, back_s


def _order(bench: Bench) -> tuple[float, float]:
    """Seconds until the offers, and until the cars, are within the operator's limit."""
    bench.charges()
    began_s = time.monotonic()
    bench.say(f"{DIM_W:g}")
    said_s = time.monotonic() - began_s
    told_s = said_s + bench.seconds(lambda t: sum(t["offered_a"]) * 230 <= DIMMED_W)
    back_s = told_s + bench.seconds(lambda t: t["cars_w"] <= DIMMED_W)
    bench.say(FREE)
    return told_s, back_s


def _offered_a(truth: dict[str, Any]) -> float:
    """What the fullest phase would carry if the cars took what they are offered."""
    rows = zip(truth["now_a"], truth["circuit_a"], truth["offered_a"], strict=True)
    return max(float(now - cars + min(cars, offered)) for now, cars, offered in rows)


def _figures(name: str, rows: list[tuple[float, float]]) -> list[Figure]:
    parts = (("told", [told_s for told_s, _ in rows]), ("back", [back_s for _, back_s in rows]))
    return [
        Figure(
            name=f"limits.{name}_{part}_p{percent}_s",
            value=percentile(values_s, percent),
            unit="s",
            baseline=Baseline("what is asked of it", AIM_S),
            aim=AIM_S,
            part="limits",
        )
        for part, values_s in parts
        for percent in (50, 99)
    ]

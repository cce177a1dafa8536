"""The house of `hearth demo`, and a second one of the same build for baselines."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent.cli.demo.house import DemoHouse
from agent.cli.demo.scene import Scene
from benchmarks.processes import READY_WITHIN_S, Child, DidNotStart


@contextmanager
def demo_house(
    folder: Path,
    *,
    speed: float = 1.0,
    settings: Mapping[str, str] | None = None,
    trace: Path | None = None,
) -> Iterator[DemoHouse]:
    """The whole demo, with its daemon up and every device reachable.

    Args:
        settings: of the daemon, by their names in the environment.
        trace: load and sun to live through; None invents them.
    """
    scene = Scene(folder=folder, speed=speed, seed=1, trace=trace)
    with _environment(settings or {}), DemoHouse(scene) as house:
        house.wait_until_up()
        _wait_for_devices(house)
        yield house


@contextmanager
def twin_of_the_devices(folder: Path) -> Iterator[Mapping[str, int]]:
    """Meter and inverter of the demo once more, for somebody else to ask; name -> port."""
    command = ["simulators.house", "--inverter", "huawei_sun2000", "--meter-port", "0"]
    with Child("twin", ["-m", *command, "--connect-delay-s", "0.2"], folder) as twin:
        yield twin.next("ready")["ports"]


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _wait_for_devices(house: DemoHouse) -> None:
    end_s = time.monotonic() + READY_WITHIN_S
    while missing := [d["id"] for d in _devices(house) if not d["isReachable"]]:
        if time.monotonic() > end_s:
            log = house.daemon.log.read_text(errors="replace")[-1500:]
            raise DidNotStart(f"{', '.join(missing)} did not come: {log}")
        time.sleep(0.1)


def _devices(house: DemoHouse) -> list[dict[str, Any]]:
    document: dict[str, Any] = dict(house.status())
    devices: list[dict[str, Any]] = document["devices"]
    return devices

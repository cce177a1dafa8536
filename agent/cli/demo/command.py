"""The command itself: bring everything up, show it, press buttons, sum up."""

import argparse
import contextlib
import json
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agent.cli.ask import NotRunning
from agent.cli.demo.house import DemoHouse
from agent.cli.demo.operator import DemoOperator
from agent.cli.demo.person import Person
from agent.cli.demo.processes import DidNotStart
from agent.cli.demo.scene import TIMEZONE, Scene
from agent.cli.demo.summary import Moment, Ready, charger_counters_kwh, summary

LOOK_EVERY_S, PLAN_EVERY_S = 0.5, 2.0
FIRST_PRESS_S, PRESS_EVERY_S = 8.0, 7.0
QUIET_END_S = 10.0
"""Nothing is pressed at the very end, so that no action is cut off."""

TIMELY_UP_TO_SPEED = 150.0
"""The five minutes within which a charger must follow are less than 2 s of ours beyond that: it
answers in real time, and on a busy machine later."""

MOST_ERROR_PERCENT, LATE_S = 1.0, 2.0
"""Of the energy balance. Beyond that speed its first and its last moment may be so late, together:
real seconds, in which the house moves its share of all energy."""

CARS = 2
BALANCED = ("gridImport", "productionEnergy", "batteryCharge")


def demo(options: argparse.Namespace) -> int:
    """Run the demo; returns 0 when all was well."""
    try:
        duration_s = seconds_of(options.duration)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if not 0.1 <= options.speed <= 1000:  # noqa: PLR2004 the range that --help names
        print(f"--speed is {options.speed:g}: 1 to 1000 is possible", file=sys.stderr)
        return 2
    if options.trace is not None and not options.trace.is_file():
        print(f"--trace is {options.trace}: there is no such file", file=sys.stderr)
        return 2
    with _folder(options.keep) as folder:
        scene = Scene(folder=folder, speed=options.speed, seed=options.seed, trace=options.trace)
        try:
            with DemoHouse(scene) as house:
                result = _watch(house, duration_s, quiet=options.json, seed=options.seed)
        except DidNotStart as error:
            print(error, file=sys.stderr)
            return 1
        result_ok = well(result, options.speed) and house.daemon.exit_code == 0
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        _print_summary(result, options.speed)
    return 0 if result_ok else 1


def seconds_of(text: str | None) -> float | None:
    """60s, 10m, 2h or bare seconds.

    Raises:
        ValueError: it is none of these.
    """
    if text is None:
        return None
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text)
    if match is None:
        raise ValueError(f"--for is {text}: write 60s, 10m or 2h")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]]


@contextlib.contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="hearth-demo-") as folder:
        yield Path(folder)


def _watch(house: DemoHouse, duration_s: float | None, *, quiet: bool, seed: int) -> dict[str, Any]:
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _frame: stopped.append(number))
    began_s = time.monotonic()
    house.wait_until_up()
    life = _Life(house, began_s, seed)
    cpu_s, cpu_from_s = _cpu_seconds(house.daemon.pid), time.monotonic()
    with _screen(house, quiet=quiet) as show:
        while not stopped:
            now_s = time.monotonic()
            ends_in_s = float("inf") if duration_s is None else began_s + duration_s - now_s
            if ends_in_s <= 0:
                break
            if not house.daemon.running:
                raise DidNotStart(f"hearth ended: {house.daemon.log.read_text()[-2000:]}")
            with contextlib.suppress(NotRunning):
                life.look(now_s)
                show(life.doc, life.plan)
            life.go_on(now_s, ends_in_s)
            time.sleep(LOOK_EVERY_S)
    last = _moment(house)
    cpu = _cpu_seconds(house.daemon.pid) - cpu_s
    proof = house.cloud.prove(house.status)
    entities = life.person.entities
    life.end()
    return summary(
        life.base,
        last,
        life.counters_kwh,
        seconds=time.monotonic() - began_s,
        cpu_percent=100 * cpu / max(0.1, time.monotonic() - cpu_from_s),
        entities=entities,
        proof=proof,
        grid_orders=life.operator.orders,
        ready=life.ready,
    )


class _Life:
    """Who does something in the house, and what was seen of it last."""

    def __init__(self, house: DemoHouse, began_s: float, seed: int) -> None:
        self._house = house
        self.person = Person(house.broker_port, seed, house.scene)
        self.operator = DemoOperator(house.broker_port, began_s, house.scene.speed)
        self.ready, self.counters_kwh = Ready(), dict[str, float]()
        self.base: Moment | None = None
        self.doc: dict[str, Any] = dict(house.status())
        self.plan: dict[str, Any] = dict(house.plan())
        self._press_s, self._plan_s = began_s + FIRST_PRESS_S, 0.0

    def look(self, now_s: float) -> None:
        """
        Raises:
            NotRunning: Hearth is gone.
        """
        self.doc = dict(self._house.status())
        self.counters_kwh = charger_counters_kwh(self.doc) | self.counters_kwh
        if self.base is None and self._counts():
            self.base = _moment(self._house)
        if now_s >= self._plan_s:
            self.plan, self._plan_s = dict(self._house.plan()), now_s + PLAN_EVERY_S
            self.ready.note(self.plan)

    def _counts(self) -> bool:
        """Whether every device with a counter has shown it; of the chargers, those of our cars."""
        totals = self.doc["totals"]
        known = all(totals[key] is not None for key in BALANCED)
        return known and len(self.counters_kwh) >= CARS

    def go_on(self, now_s: float, ends_in_s: float) -> None:
        """All that anybody does now."""
        self.person.wish(self.doc)
        self._house.cloud.live(now_s, ends_in_s)
        self.operator.live(now_s, ends_in_s, self.doc)
        may = now_s >= self._press_s and ends_in_s > QUIET_END_S
        if may and self._house.still and not self.operator.dims:
            self._press_s = now_s + PRESS_EVERY_S
            chargers = not self._house.unsettled
            self.person.press_something(self.doc, self.plan, chargers=chargers)

    def end(self) -> None:
        self.person.leave()
        self.operator.leave()
        self._house.stop()


def _moment(house: DemoHouse) -> Moment:
    doc = dict(house.status())
    house.house.tell(signal.SIGUSR1)
    return Moment(doc=doc, truth=house.house.wait_for("truth")["truth"])


def _cpu_seconds(pid: int) -> float:
    """CPU time that a process has used; 0 where /proc does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def _screen(house: DemoHouse, *, quiet: bool) -> Iterator[Any]:
    """Yields a function that shows the documents of the house and of its plans."""
    if quiet:
        yield lambda _doc, _plan: None
        return
    from rich.console import Console
    from rich.live import Live

    from agent.cli.screen import screen

    console = Console()
    title = f"Hearth demo, {house.scene.speed:g} x, broker {house.broker_engine}"
    title += f" on port {house.broker_port}"
    if not console.is_terminal:
        yield lambda _doc, _plan: None
        return
    with Live(console=console, screen=True, auto_refresh=False) as live:
        yield lambda doc, plan: live.update(
            screen(doc, title, TIMEZONE, plan, console.height), refresh=True
        )


def well(result: dict[str, Any], speed: float) -> bool:
    """Whether all was as it should be, as far as the speed lets one tell.

    Args:
        result: the summary.
        speed: house seconds per real second.
    """
    error, cloud = result["energyBalanceErrorPercent"], result["cloud"]
    timely = speed <= TIMELY_UP_TO_SPEED
    failed = result["actions"]["failed"] if timely else 0
    most_percent = MOST_ERROR_PERCENT
    if not timely:
        most_percent = max(most_percent, 100 * LATE_S / result["seconds"])
    return (
        result["devicesUp"] == result["devicesTotal"]
        and failed == 0
        and (error is None or error < most_percent)
        and not (cloud["missing"] or cloud["duplicated"])
    )


def _times(did: str, count: int) -> str:
    how_often = {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")
    return f"{did} {how_often}"


def _cloud(proof: dict[str, Any]) -> str:
    away = f"was away for {proof['awaySeconds']:g} s; " if proof["awaySeconds"] else ""
    return (
        f"{away}{proof['sent']} events sent, {proof['acked']} acked,"
        f" {proof['missing']} missing, {proof['duplicated']} twice"
    )


def actions_words(actions: dict[str, int], speed: float) -> str:
    """What became of actions, and whether a failed one makes the demo fail.

    Args:
        actions: how many, by state.
    """
    counted = ", ".join(f"{count} {state}" for state, count in actions.items())
    if speed <= TIMELY_UP_TO_SPEED:
        return counted
    return (
        f"{counted}; above {TIMELY_UP_TO_SPEED:g} x those that failed are not held against the"
        " demo, since chargers answer in real time"
    )


def _print_summary(result: dict[str, Any], speed: float) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="What the demo came to", show_header=False)
    table.add_column(style="bold")
    table.add_column()
    actions, confirm = result["actions"], result["confirmLatencyMs"]
    ready = result["carsReady"]
    charged, error = result["chargedKwh"], result["energyBalanceErrorPercent"]
    rows = [
        ("time", f"{result['seconds']:g} s real, {result['simulatedSeconds']:g} s in the house"),
        ("devices up", f"{result['devicesUp']} of {result['devicesTotal']}"),
        ("actions", actions_words(actions, speed)),
        ("until confirmed", f"{confirm['p50']} ms typical, {confirm['p99']} ms at worst"),
        ("ready in time", f"{ready['inTime']} charged by plan, {ready['late']} late"),
        ("charged", "unknown" if charged is None else f"{charged:.2f} kWh"),
        ("energy balance", "too little moved to tell" if error is None else f"off by {error:g} %"),
        ("over the fuse", f"{result['overFuseSeconds']:g} s"),
        ("anomalies", str(result["anomalies"])),
        ("Home Assistant", f"{result['entities']} entities"),
        ("grid operator", _times("dimmed the house", result["gridOrders"])),
        ("the cloud", _cloud(result["cloud"])),
        ("weight", f"{result['rssMb']} MB, {result['cpuPercent']} % of a core"),
    ]
    for name, value in rows:
        table.add_row(name, value)
    Console().print(table)

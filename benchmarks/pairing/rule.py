"""The status rule as evcc has it, on a stream. It knows only what every car says last.

After evcc's core/coordinator/coordinator.go and core/loadpoint_vehicle.go: from the connect on for
10 minutes, each 30 s pass first looks for a token, then for the one car (none that another charger
holds) whose status, connected or charging, is exactly that of the charger; failing that for the one
car that is at all connected. More than one: nothing. A car that no longer confirms is dropped
within those minutes; afterwards it stays until the disconnect.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from benchmarks.pairing.car_lines import Line
from benchmarks.pairing.scoring import Named

PASS_S = 30.0
DETECTS_S = 600.0


class Status:
    """A, B or C of one device, as of its last message; None = it never said."""

    def __init__(self) -> None:
        self.plugged: bool | None = None
        self.charging: bool | None = None

    def hear(self, fields: dict[str, Any]) -> None:
        state = fields.get("powerDeliveryState")
        if state is not None:
            self.plugged = state != "UNPLUGGED"
            self.charging = state == "PLUGGED_IN:CHARGING"
        if "isPluggedIn" in fields:
            self.plugged = fields["isPluggedIn"]
        if "isCharging" in fields:
            self.charging = fields["isCharging"]

    @property
    def letter(self) -> str | None:
        if self.plugged is False:
            return "A"
        if self.charging:
            return "C"
        return None if self.plugged is None else "B"


class _Box:
    def __init__(self, name: str) -> None:
        self.name, self.status = name, Status()
        self.since_s: float | None = None
        self.car: str | None = None
        self.token: str | None = None

    def detects(self, now_s: float) -> bool:
        return self.since_s is not None and now_s <= self.since_s + DETECTS_S


def status_rule(header: dict[str, Any], lines: Iterable[Line]) -> Iterator[Named]:
    cars = {d["id"]: Status() for d in header["devices"] if d["kind"] == "vehicle"}
    boxes = [_Box(d["id"]) for d in header["devices"] if d["kind"] == "charger"]
    by_name = {box.name: box for box in boxes}
    tokens: dict[str, str] = header.get("idTokens", {})
    next_s = 0.0
    for line in lines:
        while next_s <= line.seen_s:
            if not any(box.detects(next_s) for box in boxes):
                next_s += PASS_S * max(1, (line.seen_s - next_s) // PASS_S)
                continue
            for box in boxes:
                yield from _pass(box, boxes, cars, tokens, next_s)
            next_s += PASS_S
        if line.at_s is None:
            continue
        if line.device in cars:
            cars[line.device].hear(line.fields)
            continue
        box = by_name[line.device]
        yield from _hear(box, line)


def _hear(box: _Box, line: Line) -> Iterator[Named]:
    box.status.hear(line.fields)
    if box.status.letter in {None, "A"}:
        if box.car is not None:
            yield Named(line.seen_s, box.name, None, 0.0)
        box.since_s = box.car = box.token = None
        return
    if box.since_s is None:
        box.since_s = line.seen_s
    box.token = line.fields.get("idToken", box.token)


def _pass(
    box: _Box, boxes: list[_Box], cars: dict[str, Status], tokens: dict[str, str], now_s: float
) -> Iterator[Named]:
    if not box.detects(now_s):
        return
    found = tokens.get(box.token or "")
    if found is None:
        taken = {b.car for b in boxes if b is not box}
        free = {name: s.letter for name, s in cars.items() if name not in taken}
        exact = [name for name, letter in free.items() if letter == box.status.letter]
        nearly = [name for name, letter in free.items() if letter in {"B", "C"}]
        if box.car is not None and free.get(box.car) in {"B", "C"}:
            return
        chosen = exact or nearly
        found = chosen[0] if len(chosen) == 1 else None
    if found != box.car:
        for other in boxes:
            if found is not None and other.car == found:
                other.car = None
                yield Named(now_s, other.name, None, 0.0)
        box.car = found
        yield Named(now_s, box.name, found, 1.0)

"""What Hearth wrote down of a house: powers by quarter of an hour, and who was plugged in when."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from agent.backtest.faults import BadScenario, fault
from agent.backtest.scenario import Series
from agent.model.picture import Session
from agent.model.readings import DeviceId
from agent.store.connection import connect_reader
from agent.store.history import known_series, read_buckets
from agent.store.look import NotAllowed, look
from agent.store.rows import decode_session
from agent.store.samples import QUARTER_S
from agent.store.values import Bucket, StoreError

Quarters = Mapping[int, Bucket]
"""By Unix seconds / 900; what is not there is not known."""

ENOUGH_S = QUARTER_S // 2
"""Of a quarter, to go by its mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Which device does what.

    Args:
        meter: at the grid connection; None = nobody knows.
    """

    meter: DeviceId | None
    inverters: tuple[DeviceId, ...]
    batteries: tuple[DeviceId, ...]
    chargers: tuple[DeviceId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """
    Args:
        power_w: by device: of a meter + = import, of a battery + = charging, of the sun its
            production, of a charger what it gives.
        battery: figures of each battery by name: soc_percent, capacity_wh, and the like.
        sessions: by charger, in the order of time.
    """

    power_w: Mapping[DeviceId, Quarters] = field(default_factory=dict)
    battery: Mapping[DeviceId, Mapping[str, Quarters]] = field(default_factory=dict)
    sessions: Mapping[DeviceId, tuple[Session, ...]] = field(default_factory=dict)


class Records:
    """A look into a database that the daemon may be writing."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db, self._series = db, known_series(db)

    def roles(
        self, chargers: tuple[DeviceId, ...], cars: frozenset[DeviceId], meter: str | None
    ) -> Roles:
        """Tell the devices apart by what they say.

        Args:
            meter: the grid meter, where the installer named it.
        """
        names = dict[DeviceId, set[str]]()
        for device, name in self._series:
            names.setdefault(device, set()).add(name)
        inverters = [d for d, n in names.items() if "production_w" in n]
        others = {d: n for d, n in names.items() if d not in cars and d not in chargers}
        batteries = [d for d, n in others.items() if {"soc_percent", "power_w"} <= n]
        meters = [
            d for d, n in others.items()
            if "power_w" in n and d not in batteries and d not in inverters
        ]  # fmt: skip
        lone = meters[0] if len(meters) == 1 else None
        return Roles(
            meter=lone if meter is None else DeviceId(meter),
            inverters=tuple(sorted(inverters)),
            batteries=tuple(sorted(batteries)),
            chargers=tuple(c for c in chargers if "power_w" in names.get(c, ())),
        )

    def notes(self, topic: str) -> dict[str, dict[str, Any]]:
        """What was noted under a topic, by key."""
        rows = self._db.execute("SELECT key, doc FROM note WHERE topic = ?", (topic,))
        return {key: orjson.loads(doc) for key, doc in rows}

    def newest(self) -> datetime | None:
        """The last instant of which anything is known."""
        (q,) = self._db.execute("SELECT max(q) FROM quarter").fetchone()
        (t,) = self._db.execute("SELECT max(t) FROM raw").fetchone()
        seconds = max(0 if q is None else (q + 1) * QUARTER_S, t or 0)
        return None if not seconds else datetime.fromtimestamp(seconds).astimezone()

    def oldest(self) -> datetime | None:
        """The first quarter of an hour of which anything is known."""
        (q,) = self._db.execute("SELECT min(q) FROM quarter").fetchone()
        return None if q is None else datetime.fromtimestamp(q * QUARTER_S, UTC)

    def quarters(self, device: DeviceId, name: str, begins: datetime, ends: datetime) -> Quarters:
        series = self._series.get((device, name))
        if series is None:
            return {}
        found = read_buckets(self._db, series, begins, ends, QUARTER_S)
        return {int(b.start.timestamp()) // QUARTER_S: b for b in found if b.known_s >= ENOUGH_S}

    def recorded(self, roles: Roles, begins: datetime, ends: datetime) -> Recorded:
        """Everything of a span."""

        def of(device: DeviceId, name: str) -> Quarters:
            return self.quarters(device, name, begins, ends)

        power_w = {device: of(device, "power_w") for device in (*roles.batteries, *roles.chargers)}
        power_w |= {device: of(device, "production_w") for device in roles.inverters}
        if roles.meter is not None:
            power_w[roles.meter] = of(roles.meter, "power_w")
        figures = ("soc_percent", "capacity_wh", "max_charge_w", "max_discharge_w")
        return Recorded(
            power_w=power_w,
            battery={b: {name: of(b, name) for name in figures} for b in roles.batteries},
            sessions={c: tuple(self._sessions(c, begins, ends)) for c in roles.chargers},
        )

    def _sessions(self, charger: DeviceId, begins: datetime, ends: datetime) -> Iterator[Session]:
        rows = self._db.execute(
            "SELECT doc FROM session WHERE charger = ? AND plugged_in_s < ? ORDER BY plugged_in_s",
            (charger, ends.timestamp()),
        )
        for (doc,) in rows:
            session = decode_session(doc)
            if session.plugged_out_at is None or session.plugged_out_at > begins:
                yield session


@contextmanager
def opened(path: Path) -> Iterator[Records]:
    """Look into a database without changing it.

    Raises:
        BadScenario: there is none, or this Hearth cannot use it.
    """
    try:
        if look(path).version is None:
            wrong = "Hearth has written nothing down there yet"
            raise BadScenario([fault(path, None, "the database", wrong, "run it for some days")])
    except NotAllowed:
        remedy = "sudo hearth backtest does"
        wrong = "only its owner may look at it"
        raise BadScenario([fault(path, None, "the database", wrong, remedy)]) from None
    except StoreError as error:
        wrong, _, remedy = str(error).partition(". Remedy: ")
        raise BadScenario([fault(path, None, "the database", wrong, remedy)]) from None
    db = connect_reader(path)
    try:
        yield Records(db)
    finally:
        db.close()


def series_of(begins: datetime, ends: datetime, value: Callable[[int], float | None]) -> Series:
    """Quarters of an hour as a series.

    Args:
        value: of a quarter; None = not known.
    """
    first, behind = (int(at.timestamp()) // QUARTER_S for at in (begins, ends))
    return Series(
        step_s=QUARTER_S,
        starts_s=tuple(q * QUARTER_S for q in range(first, behind)),
        values=tuple(value(q) for q in range(first, behind)),
    )

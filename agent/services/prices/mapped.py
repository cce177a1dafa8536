"""A CSV or JSON file, from the web or from disk, with a mapping: any source that Hearth lacks.

Local times without a zone are read in the order in which they stand, so an hour that comes twice
when clocks go back is two hours.
"""

import asyncio
import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from agent.services.fetching import LARGEST_BYTES, Declined, Down, Request, Web
from agent.services.prices.reading import epoch, figure, from_starts, json_of, point, rows_of
from agent.services.prices.source import BadAnswer, Publication, Quote, Span
from agent.tariffs import per_kwh

_EPOCHS: Final = {"unix": 1.0, "unix_ms": 1000.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a row becomes a price.

    Args:
        unit: such as EUR/MWh or ct/kWh.
        start, end, cost: keys or column names; without an `end`, rows end where the next begins.
        path: of the list in JSON, keys with dots between.
        time_format: iso, unix, unix_ms, or as in strptime.
        timezone: of times that have none.
        delimiter: of CSV.
    """

    currency: str
    unit: str
    start: str
    cost: str
    end: str | None = None
    path: str = ""
    time_format: str = "iso"
    timezone: str = "UTC"
    delimiter: str = ","


class Mapped:
    """Args:
    address: http(s) URL or a path; {first}, {last}, {start} and {end} stand for what is asked for,
        and may have a format as in {first:%Y/%m/%d}.
    published: when the next day is told, by the layout's time zone.
    """

    def __init__(
        self,
        address: str,
        layout: Layout,
        *,
        published: time = time(13),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        host = urlsplit(address).hostname
        self.name = host or Path(address).name
        self.key = f"mapped {sha256(f'{address} {layout}'.encode()).hexdigest()[:16]}"
        late = time(min(published.hour + 2, 23), published.minute)
        self.publication = Publication(timezone=layout.timezone, at=published, late=late)
        self._address, self._layout, self._headers = address, layout, headers or {}

    async def fetch(self, web: Web, span: Span) -> Quote:
        address = self._address.format(
            first=span.first, last=span.last, start=span.start, end=span.end
        )
        if urlsplit(address).scheme in {"http", "https"}:
            answer = await web.ask(Request(url=address, headers=self._headers), accept=(404,))
            body = b"" if answer.status == 404 else answer.body  # noqa: PLR2004
        else:
            body = await asyncio.to_thread(_file, Path(address))
        return read(body, self._layout)


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        raise Down(f"there is no file {path}") from None
    except OSError as error:
        raise Declined(f"{path} cannot be read ({error.strerror}); let Hearth read it") from None
    if len(body) > LARGEST_BYTES:
        raise Declined(f"{path} has more than 4 MB; name a smaller one")
    return body


def read(body: bytes, layout: Layout) -> Quote:
    """Raises:
    BadAnswer
    """
    if not body.strip():
        return Quote(currency=layout.currency)
    factor = per_kwh(layout.unit, layout.currency)
    if factor is None:
        raise BadAnswer(f"{layout.unit} is no price in {layout.currency}")
    is_json = body.lstrip()[:1] in {b"{", b"["}
    rows = _json_rows(body, layout) if is_json else _csv_rows(body, layout)
    stamps = _stamps((row[layout.start] for row in rows), layout)
    figures = [figure(row[layout.cost]) for row in rows]
    prices = [None if each is None else each * factor for each in figures]
    if layout.end is None:
        return Quote(currency=layout.currency, points=from_starts(stamps, prices))
    ends = _stamps((row[layout.end] for row in rows), layout)
    some = zip(stamps, ends, prices, strict=True)
    points = tuple(point(start, end, each) for start, end, each in some if each is not None)
    return Quote(currency=layout.currency, points=points)


def _json_rows(body: bytes, layout: Layout) -> list[Mapping[str, Any]]:
    path = layout.path.split(".") if layout.path else ()
    return [_checked(row, row.keys(), layout) for row in rows_of(json_of(body), *path)]


def _csv_rows(body: bytes, layout: Layout) -> list[Mapping[str, Any]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("latin-1")
    reader = csv.DictReader(io.StringIO(text), delimiter=layout.delimiter, strict=True)
    try:
        columns = [name.strip() for name in reader.fieldnames or ()]
        reader.fieldnames = columns
        return [_checked(row, columns, layout) for row in reader]
    except csv.Error as error:
        raise BadAnswer(f"it is no CSV ({error})") from None


def _checked(row: Mapping[str, Any], columns: Iterable[str], layout: Layout) -> Mapping[str, Any]:
    for name in (layout.start, layout.cost, layout.end):
        if name is not None and name not in row:
            known = ", ".join(columns)
            raise BadAnswer(f"there is no column {name}; there are: {known}")
    return row


def _stamps(texts: Iterable[Any], layout: Layout) -> list[datetime]:
    found: list[datetime] = []
    for text in texts:
        stamp = _stamp(text, layout)
        if stamp.tzinfo is None:
            stamp = stamp.replace(tzinfo=ZoneInfo(layout.timezone))
            later = stamp.replace(fold=1).astimezone(UTC)
            stamp = stamp.astimezone(UTC)
            if found and stamp <= found[-1] < later:
                stamp = later
        found.append(stamp.astimezone(UTC))
    return found


def _stamp(text: Any, layout: Layout) -> datetime:
    if layout.time_format in _EPOCHS:
        return epoch(text, _EPOCHS[layout.time_format])
    try:
        if layout.time_format == "iso":
            return datetime.fromisoformat(str(text).strip())
        return datetime.strptime(str(text).strip(), layout.time_format)  # noqa: DTZ007 -- see above
    except ValueError:
        raise BadAnswer(f"{text!r} is no time as in {layout.time_format}") from None

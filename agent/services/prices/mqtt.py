"""Prices that come over MQTT: what Home Assistant's statestream or a script publishes.

A payload is the attributes of a sensor of Home Assistant, or a list of objects with `start`, `end`
and a price; several topics (raw_today, raw_tomorrow) add up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent.services.prices.home_assistant import read_attributes
from agent.services.prices.keeper import Keeper
from agent.services.prices.reading import json_of
from agent.services.prices.source import BadAnswer, Quote
from drivers.mqtt_link import Server, connect

_PRICES: Final = ("value", "price", "total", "price_per_kwh", "per_kwh", "cost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Args:
    unit: of the figures; None = as the payload says, else currency per kWh.
    """

    topics: tuple[str, ...]
    currency: str
    unit: str | None = None

    @property
    def key(self) -> str:
        return f"mqtt {' '.join(self.topics)}"


class PriceListener:
    """A link like others, for keep_running."""

    def __init__(self, server: Server, client_id: str, heard: Heard, keeper: Keeper) -> None:
        self._server, self._client_id = server, client_id
        self._heard, self._keeper = heard, keeper

    async def run(self) -> None:
        """Listen until cancelled.

        Raises:
            LinkDown: no broker there, it turned us away, or it was lost.
        """
        await self._keeper.recall()
        async with connect(self._server, client_id=self._client_id) as link:
            await link.subscribe(self._heard.topics)
            async for message in link.messages():
                if message.payload:
                    await self._hear(message.payload)

    async def _hear(self, payload: bytes) -> None:
        try:
            quote = read(payload, self._heard.currency, self._heard.unit)
        except BadAnswer as error:
            self._keeper.complain(f"a payload cannot be read: {error}")
            return
        self._keeper.complain(await self._keeper.take(quote))


def read(payload: bytes, currency: str, unit: str | None = None) -> Quote:
    """Raises:
    BadAnswer
    """
    tree: Any = json_of(payload)
    if isinstance(tree, list):
        tree = {"raw_today": [_row(each) for each in tree]}
    if not isinstance(tree, dict):
        raise BadAnswer("it is neither a list nor an object")
    attributes = tree.get("attributes", tree)
    if not isinstance(attributes, dict):
        raise BadAnswer("its attributes are no object")
    return read_attributes(attributes, currency, unit)


def _row(row: Any) -> Mapping[str, Any]:
    """A row with its price under `value`."""
    if not isinstance(row, dict):
        raise BadAnswer("a row is no object with start, end and a price")
    return {"value": _first(row, _PRICES), "start": row.get("start"), "end": row.get("end")}


def _first(row: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((row[name] for name in names if name in row), None)

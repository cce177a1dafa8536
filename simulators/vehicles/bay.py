"""The physical car, seen through the cable port of a simulated house."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from simulators.vehicles.gateway import CarState

ANSWER_WITHIN_S = 5.0
AWAY_DEG = 0.05
"""Where a car that is not plugged in stands: some 5 km from home."""


class HouseLost(Exception):
    """The house does not answer."""


@dataclass(slots=True)
class Bay:
    """Args:
    name: of the bay, as given to the house.
    limit_percent, capacity_wh: what the house does not tell of the car.
    home: degrees north and east.
    """

    host: str
    port: int
    name: str
    limit_percent: float
    capacity_wh: float
    home: tuple[float, float]
    odometer_km: float = 20_000.0
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(default=None)

    async def read(self) -> CarState:
        """
        Raises:
            HouseLost: the house is gone or has no such bay.
        """
        truth = (await self._ask({"truth": True}))["truth"]["cars"].get(self.name)
        state = await self._ask({"bay": self.name})
        if truth is None:
            raise HouseLost(f"the house has no bay {self.name}")
        own = not truth.get("guest")  # what flows through the cable may be somebody else's
        currents_a = state["currents_a"] if own else (0.0, 0.0, 0.0)
        away = 0.0 if truth["plugged"] else AWAY_DEG
        return CarState(
            plugged=truth["plugged"],
            charging=max(currents_a) > 1.0,
            soc_percent=truth["soc_percent"],
            limit_percent=self.limit_percent,
            capacity_wh=self.capacity_wh,
            power_w=state["power_w"] if own else 0.0,
            phases=sum(1 for current_a in currents_a if current_a > 1.0),
            latitude_deg=self.home[0] + away,
            longitude_deg=self.home[1],
            odometer_km=self.odometer_km,
        )

    async def _ask(self, question: dict[str, object]) -> dict[str, Any]:
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                if self._streams is None:
                    self._streams = await asyncio.open_connection(self.host, self.port)
                reader, writer = self._streams
                writer.write(json.dumps(question).encode() + b"\n")
                answer: dict[str, Any] = json.loads(await reader.readline())
        except (OSError, TimeoutError, ValueError) as error:
            self.close()
            raise HouseLost(str(error) or "the house does not answer") from None
        if "error" in answer:
            raise HouseLost(str(answer["error"]))
        return answer

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

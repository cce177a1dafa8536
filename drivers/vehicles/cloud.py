"""Cars that the cloud sends down: known here by name, reported by the cloud bridge."""

import asyncio
from collections.abc import Sequence

from agent.model.driver import DeviceInfo, Refused, Report
from agent.model.targets import Target


class CloudCars:
    """A Driver without a link of its own."""

    name = "cars of the cloud"

    def __init__(self, devices: Sequence[DeviceInfo]) -> None:
        self.devices: Sequence[DeviceInfo] = tuple(devices)

    async def run(self, report: Report) -> None:  # noqa: ARG002 -- see Driver
        """Wait until cancelled; the cloud bridge reports."""
        await asyncio.Event().wait()

    async def send(self, target: Target) -> None:
        """
        Raises:
            Refused: always.
        """
        raise Refused(
            f"{target.device} comes from the cloud and can be read only; steer the charger that "
            "it hangs on"
        )

    async def make_safe(self) -> None:
        """Nothing is steered."""

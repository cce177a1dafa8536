"""A device's refused registers, remembered across restarts of Hearth."""

import logging
from collections.abc import Mapping

from agent.model.driver import Notebook
from drivers.modbus.blocks import Read
from drivers.modbus.faults import BusFault
from drivers.modbus.quarantine import Quarantine

log = logging.getLogger(__name__)

TOPIC = "modbus-refused-registers"


class Refusals:
    """The quarantine of one device and its page in the notebook."""

    def __init__(self, name: str, notebook: Notebook) -> None:
        self.quarantine = Quarantine()
        self._name = name
        self._notebook = notebook
        self._written: Mapping[str, object] | None = None
        self._firmware: str | None = None

    async def recall(self, now_s: float) -> None:
        """Read the page, once."""
        if self._written is None:
            self._written = await self._notebook.read_note(TOPIC, self._name) or {}
            firmware = self._written.get("firmware")
            self._firmware = firmware if isinstance(firmware, str) else None
            self.quarantine.recall(self._written, now_s)

    async def add(self, read: Read, fault: BusFault, now_s: float) -> None:
        """The device refused to answer this read."""
        resting = self.quarantine.refuse(read, now_s)
        if resting is None:
            return
        log.info(
            "%s refuses %s register %d (%s); Hearth leaves it out for an hour",
            self._name,
            resting.table.value,
            resting.start,
            fault,
        )
        await self._write()

    async def firmware_is(self, firmware: str) -> None:
        """Other firmware may know registers that the old one refused."""
        if firmware == self._firmware:
            return
        if self._firmware is not None:
            self.quarantine.clear()
        self._firmware = firmware
        if self.quarantine.resting or self._written:
            await self._write()

    async def _write(self) -> None:
        self._written = self.quarantine.note(self._firmware)
        await self._notebook.write_note(TOPIC, self._name, self._written)

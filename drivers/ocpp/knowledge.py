"""What is known of one make and box, kept in the notebook: model, quirks, what worked."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from agent.model.driver import Notebook
from drivers.ocpp.connector import Connector
from drivers.ocpp.forms import Form, ladder
from drivers.ocpp.quirks import BY_THE_BOOK, Quirks, quirks_of

log = logging.getLogger(__name__)

NOTES = "ocpp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a charger says it is."""

    vendor: str = ""
    model: str = ""
    serial_number: str | None = None
    firmware: str = ""
    ocpp: str = "1.6"


class Knowledge:
    """Of one charge point; `note` is what stands in the notebook."""

    def __init__(self, identity: str, connectors: Sequence[Connector]) -> None:
        self._identity = identity
        self._connectors = connectors
        self.notebook: Notebook | None = None
        self.model: Model | None = None
        self.quirks: Quirks = BY_THE_BOOK
        self.note: dict[str, object] = {}

    async def remember(self, **facts: object) -> None:
        """Keep facts about the charger for the time after a restart."""
        news = {**self.note, **facts}
        if news != self.note:
            self.note = news
            if self.notebook is not None:
                await self.notebook.write_note(NOTES, self._identity, news)

    def recall(self, note: Mapping[str, object]) -> None:
        """Take what was remembered; a charger need not introduce itself again."""
        self.note = dict(note)
        words = {name: note.get(name) for name in ("vendor", "model", "firmware")}
        if all(isinstance(word, str) for word in words.values()):
            said = {name: str(word) for name, word in words.items()}
            self._become(Model(**said, ocpp=str(note.get("ocpp", "1.6"))))

    async def introduce(self, model: Model) -> None:
        """Take what the charger says it is; a new model, firmware or version is probed anew."""
        same = self.model is not None and replace(model, serial_number=None) == replace(
            self.model, serial_number=None
        )
        if not same:
            await self.remember(
                vendor=model.vendor,
                model=model.model,
                firmware=model.firmware,
                ocpp=model.ocpp,
                forms={},
                composite=True,
                units=[],
                phases_3to1=True,
                audit="",
            )
        if not same or any(c.limiter.form is None for c in self._connectors):
            self._become(model)
        self.model = model

    def _become(self, model: Model) -> None:
        self.model = model
        self.quirks = quirks_of(model.vendor, model.model, model.firmware)
        for connector in self._connectors:
            connector.become(self.quirks)
            connector.says_unswitchable = self.note.get("phases_3to1") is False
            connector.chooses_phase = self.note.get("phase_to_use") is True
            if connector.unswitchable:
                log.warning("%s stays on three phases: %s", connector.name, connector.unswitchable)
            connector.limiter.choice.start_over(self.forms(connector))

    def forms(self, connector: Connector) -> tuple[Form, ...]:
        """Forms of limits to try at this connector, what worked before first."""
        noted = self.note.get("forms")
        form = noted.get(str(connector.config.connector)) if isinstance(noted, Mapping) else None
        units = self.note.get("units")
        known = [str(unit) for unit in units] if isinstance(units, list) else []
        if self.quirks.unit is not None:
            known = [self.quirks.unit]
        first = Form.from_note(form)
        if first is None and self.quirks.relative:
            first = Form(stack=0, dated=False, ends=False, relative=True)
        return ladder(
            [*known, *(unit for unit in ("A", "W") if unit not in known)],
            alone=len(self._connectors) == 1,
            first=first,
            stack_max=self.quirks.stack_max,
        )

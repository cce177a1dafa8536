"""Home Assistant's MQTT Statestream: BASE/DOMAIN/OBJECT/state and its attributes.

Source: home-assistant/core, components/mqtt_statestream: the state is a raw text, attributes and
times are JSON texts beside it (publish_attributes, publish_timestamps), all retained, sent when
a state changes and never at Home Assistant's start. There is no last will: a dead Home Assistant
leaves all topics looking valid, and so does an entity that was removed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from drivers.vehicles import parse
from drivers.vehicles.config import FieldConfig
from drivers.vehicles.fields import as_said
from drivers.vehicles.words import Renewal, Said, Value

_UNITS = {
    "%": "%", "km": "km", "mi": "mi", "m": "m", "kW": "kW", "W": "W", "kWh": "kWh", "Wh": "Wh",
    "A": "A", "s": "s", "min": "min", "h": "h",
}  # fmt: skip
_UNIT = "unit_of_measurement"
_TIME = "last_updated"


@dataclass(slots=True)
class _Entity:
    """What was read of one field's entity."""

    word: str
    config: FieldConfig
    folder: str
    text: str | None = None
    told: bool = False
    unit: str | None = None

    @property
    def value_topic(self) -> str:
        return f"{self.folder}/{self.config.attribute or 'state'}"


class Statestream:
    """Args:
    base: base_topic of Home Assistant's mqtt_statestream.
    distance: km or mi, where neither Home Assistant nor the installer names a unit.
    """

    alive_within_s: float | None = None
    has_online = False
    gateway = "Home Assistant"

    def __init__(self, base: str, fields: Mapping[str, FieldConfig], distance: str) -> None:
        self._distance = distance
        self._entities = [
            _Entity(word, config, f"{base}/{(config.entity or '').replace('.', '/')}")
            for word, config in fields.items()
        ]
        self.topics: tuple[str, ...] = tuple(dict.fromkeys(self._wanted()))

    def _wanted(self) -> Iterator[str]:
        """Units first, so that a value is understood; times last, so that they follow it."""
        for part in (_UNIT, None, _TIME):
            for entity in self._entities:
                yield entity.value_topic if part is None else f"{entity.folder}/{part}"

    def read(self, topic: str, payload: bytes) -> tuple[Said, ...]:
        text = parse.text_of(payload)
        return tuple(said for entity in self._entities for said in self._of(entity, topic, text))

    def _of(self, entity: _Entity, topic: str, text: str | None) -> Iterator[Said]:
        if topic == entity.value_topic:
            entity.text, entity.told = text, True
            yield self._said(entity, None)
        elif topic == f"{entity.folder}/{_UNIT}":
            entity.unit = _UNITS.get(text or "")
            if entity.told:
                yield self._said(entity, None)
        elif topic == f"{entity.folder}/{_TIME}":
            at = parse.moment(text)
            if entity.told and at is not None:
                yield self._said(entity, at)

    def renewed(self, known: Mapping[str, Value]) -> Renewal | None:  # noqa: ARG002 -- see Layout
        """It has no heartbeat."""
        return None

    def _said(self, entity: _Entity, at: datetime | None) -> Said:
        return as_said(entity.word, entity.config, entity.text, self._distance, entity.unit, at)

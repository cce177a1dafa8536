"""Any gateway: the installer says which topic, and where in its JSON, each value stands."""

from collections.abc import Iterator, Mapping
from typing import Any

from drivers.vehicles import parse
from drivers.vehicles.config import FieldConfig
from drivers.vehicles.fields import as_said
from drivers.vehicles.words import Renewal, Said, Value


class Generic:
    """Args:
    alive_within_s: all messages together are the heartbeat; None = silence means nothing.
    distance: km or mi, where the installer names no unit.
    """

    gateway = "its gateway"

    def __init__(
        self, fields: Mapping[str, FieldConfig], alive_within_s: float | None, distance: str
    ) -> None:
        self.alive_within_s = alive_within_s
        self.has_online = "online" in fields
        self._distance = distance
        self._fields = tuple(fields.items())
        self.topics: tuple[str, ...] = tuple(
            dict.fromkeys(config.topic for _, config in self._fields if config.topic is not None)
        )

    def read(self, topic: str, payload: bytes) -> tuple[Said, ...]:
        found = tuple(self._all(topic, payload))
        beats = found and self.alive_within_s is not None
        return (*found, Said(word="alive", value=True)) if beats else found

    def _all(self, topic: str, payload: bytes) -> Iterator[Said]:
        ours = [(word, config) for word, config in self._fields if config.topic == topic]
        inside = any(config.path or config.at_path for _, config in ours)
        document: Any = parse.json_of(payload) if inside else None
        for word, config in ours:
            text = parse.text_of(payload)
            if config.path is not None:
                value = parse.at_pointer(document, config.path)
                if value is None and document is not None and not _names(document, config.path):
                    continue  # another kind of message on the same topic: it does not say
                text = parse.as_text(value)
            at = None
            if config.at_path is not None:
                at = parse.moment(parse.as_text(parse.at_pointer(document, config.at_path)))
            yield as_said(word, config, text, self._distance, at=at)

    def renewed(self, known: Mapping[str, Value]) -> Renewal | None:  # noqa: ARG002 -- see Layout
        """Nobody knows what another gateway's messages confirm."""
        return None


def _names(document: Any, pointer: str) -> bool:
    """Whether the document has the place that a pointer names, be it null."""
    parent, _, key = pointer.strip("/").rpartition("/")
    group = parse.at_pointer(document, parent) if parent else document
    return isinstance(group, Mapping) and key.replace("~1", "/").replace("~0", "~") in group

"""What we left on the broker, on disk, so that it can be cleared when it is no more wanted.

Whoever publishes a retained message must clear it: a device that leaves the config file would
otherwise stay in Home Assistant for ever.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from agent.model.driver import Notebook

TOPIC = "retained"
LAYOUT = 1
"""Of the discovery that was published, so that a later Hearth can migrate it."""


class Retained:
    """The notes under "retained", one per MQTT topic."""

    def __init__(self, notebook: Notebook) -> None:
        self._notebook = notebook
        self._notes: dict[str, Mapping[str, object]] = {}

    async def load(self) -> None:
        self._notes = dict(await self._notebook.read_notes(TOPIC))

    def others(self, wanted: Iterable[str]) -> list[str]:
        """Topics on the broker that stand not among the wanted ones."""
        keep = frozenset(wanted)
        return [topic for topic in self._notes if topic not in keep]

    def components(self, topic: str) -> Mapping[str, str]:
        """Component -> platform as last published in a discovery topic."""
        known = self._notes.get(topic, {}).get("components")
        if not isinstance(known, Mapping):
            return MappingProxyType({})
        return {str(key): str(platform) for key, platform in known.items()}

    async def remember(self, topic: str, components: Mapping[str, str] | None = None) -> None:
        """Written before the message goes out: a crash in between costs an empty message."""
        note: dict[str, object] = {"layout": LAYOUT}
        if components is not None:
            note["components"] = dict(components)
        if self._notes.get(topic) != note:
            await self._notebook.write_note(TOPIC, topic, note)
            self._notes[topic] = note

    async def forget(self, topic: str) -> None:
        await self._notebook.write_note(TOPIC, topic, None)
        self._notes.pop(topic, None)

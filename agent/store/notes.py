"""Small durable facts of drivers. There are few, so all are in memory too."""

from collections.abc import Awaitable, Callable, Mapping

import orjson

from agent.store.rows import Key, Row, encode, note_row
from agent.store.values import StoreFull


class Notes:
    """A Notebook. When the disk is full a note waits in memory until it can be written.

    Args:
        keep: writes rows; returns when they are on disk, raises StoreFull.
        known: JSON by topic and key.
    """

    def __init__(
        self,
        keep: Callable[[dict[Key, Row]], Awaitable[None]],
        known: dict[tuple[str, str], str],
    ) -> None:
        self._keep = keep
        self._known = known
        self._unsaved: set[tuple[str, str]] = set()

    async def read_note(self, topic: str, key: str) -> Mapping[str, object] | None:
        doc = self._known.get((topic, key))
        return None if doc is None else _decode(doc)

    async def read_notes(self, topic: str) -> Mapping[str, Mapping[str, object]]:
        """All notes under a topic, by key."""
        return {key: _decode(doc) for (of, key), doc in self._known.items() if of == topic}

    async def write_note(self, topic: str, key: str, note: Mapping[str, object] | None) -> None:
        """Keep `note` under topic and key, or forget it when None; returns when on disk."""
        doc = None if note is None else encode(note)
        if doc == self._known.get((topic, key)) and (topic, key) not in self._unsaved:
            return
        if doc is None:
            self._known.pop((topic, key), None)
        else:
            self._known[topic, key] = doc
        self._unsaved.add((topic, key))
        try:
            await self._keep(dict([note_row(topic, key, doc)]))
        except StoreFull:
            return  # the store goes on trying
        if doc == self._known.get((topic, key)):
            self._unsaved.discard((topic, key))


def _decode(doc: str) -> Mapping[str, object]:
    note: dict[str, object] = orjson.loads(doc)
    return note

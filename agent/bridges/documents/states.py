"""The retained documents: what stands on the broker for whoever subscribes next.

Finer in time than events: measurements every few seconds while connected, stamps alone every
five minutes.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import orjson

from agent.bridges.documents.catalogue import Catalogue, documents_told
from agent.bridges.documents.changes import Worth, differences, worth
from agent.bridges.documents.sources import STATE_TYPES
from agent.bridges.documents.view import Json, Key, Sender
from agent.model.events import Resource
from agent.model.picture import Picture

MEASURED_EVERY_S: Final = 30.0
STAMPS_EVERY_S: Final = 300.0


class States:
    """Args:
    told: what was told last, from the store; a device that is gone since then is told as such.
    every_s: least seconds (house time) between two measurements of one resource.
    """

    def __init__(
        self, sender: Sender, told: Iterable[Resource] = (), every_s: float = MEASURED_EVERY_S
    ) -> None:
        self._catalogue = Catalogue(sender, documents_told(told))
        self._every_s = every_s
        self._out: dict[Key, tuple[Json, float]] = {}
        self._waiting: set[Key] = set()

    def changed(self, picture: Picture) -> Mapping[Key, bytes]:
        """By type and id the documents to retain now; empty bytes = the resource is gone."""
        made, gone = self._catalogue.step(picture)
        self._waiting.update(key for key in made if key[0] in STATE_TYPES)
        result: dict[Key, bytes] = {}
        self._waiting.difference_update(gone)
        for key in sorted(self._waiting):
            doc = self._catalogue.docs[key]
            due_mono_s = self._due_mono_s(key, doc)
            if due_mono_s is None:
                self._waiting.discard(key)
            elif due_mono_s <= picture.now.mono_s:
                self._waiting.discard(key)
                self._out[key] = (doc, picture.now.mono_s)
                result[key] = orjson.dumps(doc)
        for key in gone:
            if key[0] in STATE_TYPES:
                self._out.pop(key, None)
                result[key] = b""
        return result

    def everything(self, picture: Picture) -> Mapping[Key, bytes]:
        """All documents, for a broker that may have forgotten them."""
        gone = {key: body for key, body in self.changed(picture).items() if not body}
        now_mono_s = picture.now.mono_s
        self._waiting.clear()
        self._out = {
            key: (doc, now_mono_s)
            for key, doc in self._catalogue.docs.items()
            if key[0] in STATE_TYPES
        }
        return gone | {key: orjson.dumps(doc) for key, (doc, _) in self._out.items()}

    def _due_mono_s(self, key: Key, doc: Json) -> float | None:
        """When the document may go out; None if nothing in it differs from what is out."""
        known = self._out.get(key)
        if known is None:
            return float("-inf")
        before, at_mono_s = known
        match worth(key[0], differences(before, doc), before, doc):
            case Worth.NOTHING:
                return None
            case Worth.STAMP:
                return at_mono_s + STAMPS_EVERY_S
            case Worth.MEASURED:
                return at_mono_s + self._every_s
            case _:
                return float("-inf")

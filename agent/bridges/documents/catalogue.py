"""All resources of the house as documents, made anew only where something behind them changed."""

from collections.abc import Iterable, Mapping
from typing import Final

import orjson

from agent.bridges.documents.settling import SETTLE_S, carry, silent
from agent.bridges.documents.sources import (
    GRID_ORDER,
    SCHEDULE,
    SMART,
    STATE_TYPES,
    Source,
    shared,
    single,
    sources,
)
from agent.bridges.documents.view import Json, Key, Sender, view
from agent.bridges.grid_orders import Stage
from agent.model.events import Resource
from agent.model.picture import Picture

EVENTS_ONLY: Final = (SCHEDULE, SMART, GRID_ORDER)
"""Told in events, but not retained; nothing in them must be heard again after a start."""

REVIEW_EVERY_S: Final = 60.0
"""What comes true by mere waiting (a plug state too old to be believed) is seen that often."""


def documents_told(told: Iterable[Resource]) -> dict[Key, Json]:
    """What stands outside, by type and id; one that could not be read is told anew."""
    known = {
        (each.type, each.id): orjson.loads(each.body)
        for each in told
        if each.body is not None and (each.type in STATE_TYPES or each.type in EVENTS_ONLY)
    }
    return {key: doc for key, doc in known.items() if doc}


class Catalogue:
    """Args:
    told: the documents as they were told before the start.

    Attributes:
        docs: all documents as they stand.
    """

    def __init__(self, sender: Sender, told: Mapping[Key, Json]) -> None:
        self.docs: dict[Key, Json] = dict(told)
        self._sender, self._told = sender, dict(told)
        self._inputs: dict[Key, tuple[object, ...]] = {}
        self._last: Picture | None = None
        self._settles_mono_s: float | None = None
        self._review_mono_s = float("-inf")

    def step(self, picture: Picture) -> tuple[list[Key], list[Key]]:
        """Look at the house: which documents were made anew, and whose resource is gone."""
        last, self._last = self._last, picture
        if last is not None and self._unchanged(picture, last):
            return [], []
        if self._settles_mono_s is None:
            self._settles_mono_s = picture.now.mono_s + SETTLE_S
        if picture.now.mono_s >= self._review_mono_s:
            self._review_mono_s = picture.now.mono_s + REVIEW_EVERY_S
            self._inputs.clear()
        elif last is not None and shared(picture) != shared(last):
            self._inputs.clear()
        return self._renew(picture, settled=picture.now.mono_s >= self._settles_mono_s)

    def _unchanged(self, picture: Picture, last: Picture) -> bool:
        return (
            picture.now.mono_s < self._review_mono_s
            and picture.snapshot is last.snapshot
            and single(picture) == single(last)
            and shared(picture) == shared(last)
        )

    def _renew(self, picture: Picture, *, settled: bool) -> tuple[list[Key], list[Key]]:
        made, wanted = list[Key](), set[Key]()
        for source in sources(view(picture, self._sender)):
            key, inputs = source.key, source.inputs
            wanted.add(key)
            if self._inputs.get(key) != inputs:
                self._inputs[key] = inputs
                self.docs[key] = self._make(source, picture, settled=settled)
                made.append(key)
        # Orders are known from the start on; all else may not have spoken yet.
        gone = [k for k in self.docs if k not in wanted and (settled or k[0] == GRID_ORDER)]
        for key in gone:
            del self.docs[key]
            self._inputs.pop(key, None)
            self._told.pop(key, None)
        return made, gone

    def _make(self, source: Source, picture: Picture, *, settled: bool) -> Json:
        told = self._told.get(source.key)
        if told is None:
            return source.make()
        if not source.heard:
            return silent(told, picture.now) if settled else told
        if source.key[0] == GRID_ORDER:
            made = source.make()
            # After a start an order is measured anew; that it had been kept is no news.
            return told if made["state"] == Stage.BEGAN else made
        if settled or source.key[0] in EVENTS_ONLY or "stage" in told:
            return source.make()
        return carry(source.make(), told)

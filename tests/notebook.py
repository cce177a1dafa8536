"""A notebook in memory, which takes only what the real one can write."""

import json
from collections.abc import Mapping


class Notebook:
    """
    Attributes:
        notes: by topic and key; they outlive whoever wrote them.
        writes: how often something was written.
    """

    def __init__(self) -> None:
        self.notes: dict[tuple[str, str], Mapping[str, object]] = {}
        self.writes = 0

    async def read_note(self, topic: str, key: str) -> Mapping[str, object] | None:
        return self.notes.get((topic, key))

    async def read_notes(self, topic: str) -> Mapping[str, Mapping[str, object]]:
        return {key: note for (of, key), note in self.notes.items() if of == topic}

    async def write_note(self, topic: str, key: str, note: Mapping[str, object] | None) -> None:
        self.writes += 1
        if note is None:
            self.notes.pop((topic, key), None)
        else:
            self.notes[topic, key] = json.loads(json.dumps(note))

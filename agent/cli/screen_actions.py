"""What was asked of devices, and what became of it, for the screen."""

from collections.abc import Mapping
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from agent.cli.screen_pairs import named
from agent.ledger.deeds import deed
from agent.model.actions import ActionKind

Doc = Mapping[str, Any]

_STATES = {
    "PENDING": ("under way", "yellow"),
    "CONFIRMED": ("done", "green"),
    "FAILED": ("failed", "red"),
    "CANCELLED": ("cancelled", "dim"),
}


def actions(doc: Doc) -> RenderableType:
    """One line for each."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("action", "on", "state", "tries", "note"):
        table.add_column(heading)
    for action in doc["actions"]:
        failure, (word, style) = action["failureReason"], _STATES[action["state"]]
        table.add_row(
            Text(deed(ActionKind(action["kind"]), action["target"])),
            Text(named(action["targetId"], doc)),
            Text(word, style=style),
            str(action["attempts"]),
            Text(failure["detail"] if failure else ""),
        )
    return table

"""Whether a charger restarts because of what Hearth asks of it.

ABB Terra AC firmware up to 1.8.21 accepts settings that make it restart at every GetConfiguration
from then on (lbbrhzn/ocpp issue 1275). No clock: instants are arguments.
"""

SUSPECT_S = 180.0
RESTARTS_MAX = 3


class Suspicion:
    """Remembers what was asked last, and how often a restart followed it."""

    def __init__(self) -> None:
        self._asked: tuple[str | None, float] | None = None  # key written or None, and when
        self._restarts = 0

    def reads(self, mono_s: float) -> None:
        """The settings are about to be read."""
        self._asked = None, mono_s

    def writes(self, key: str, mono_s: float) -> None:
        """A setting is about to be written."""
        self._asked = key, mono_s

    def booted(self, mono_s: float) -> str | None:
        """Judge a restart; return what Hearth should not do again, None if nothing.

        One restart after a write is enough; somebody may switch a charger off and on just after
        its settings were read, but hardly three times in a row.
        """
        asked, self._asked = self._asked, None
        if asked is None or mono_s - asked[1] >= SUSPECT_S:
            self._restarts = 0
            return None
        if asked[0] is not None:
            return f"set {asked[0]}"
        self._restarts += 1
        return "read its settings" if self._restarts >= RESTARTS_MAX else None

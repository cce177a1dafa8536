"""What goes wrong with an MQTT broker, in words that an installer understands."""

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Final

_LOGIN_REFUSED: Final = ("not authorized", "bad user name or password")
_IN_OTHER_WORDS: Final = {
    "Disconnected during message iteration": "the connection is lost",
    "[code:128] Unspecified error": "the connection is lost",
    "[code:4] The client is not currently connected.": "the connection is lost",
}
_TLS_REMEDIES: Final = {
    "CERTIFICATE_VERIFY_FAILED": "set {0}.tls_ca to the authority that signed the broker's "
    "certificate, and {0}.host to a name that stands in it",
    "WRONG_VERSION_NUMBER": "nothing speaks TLS on that port; usual is 8883",
    "RECORD_LAYER_FAILURE": "nothing speaks TLS on that port; usual is 8883",
    "CERTIFICATE_REQUIRED": "the broker wants a client certificate: set "
    "{0}.tls_certificate and {0}.tls_key",
}


_LOST: Final = "failed to receive on socket: "
_UNAWAITED: Final = "Unexpected message ID "
"""aiomqtt of an answer to a subscription that was called off meanwhile, with a traceback."""


class LastWords(logging.Handler):
    """What the library says before it falls silent; it tells nobody else why a connection failed.

    With TLS 1.3 a broker refuses our certificate after the handshake, when the library has begun
    to wait for an answer.

    Attributes:
        text: why the connection ended; None if the library did not say.
        on_text: called when it has said so, in the loop that made this.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.text: str | None = None
        self.on_text: Callable[[], None] | None = None
        self._loop = asyncio.get_running_loop()

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if text.startswith(_UNAWAITED):
            return
        if not text.startswith(_LOST):
            logging.getLogger("mqtt").handle(record)
            return
        self.text = text.removeprefix(_LOST)
        if self.on_text is not None:
            self._loop.call_soon_threadsafe(self.on_text)

    def logger(self) -> logging.Logger:
        """One that speaks to us alone."""
        made = logging.Logger("mqtt", logging.WARNING)  # noqa: LOG001 -- nobody else's
        made.addHandler(self)
        return made


def why(address: str, setting: str, text: str) -> str:
    """The sentence for what the library says of the broker at `address`.

    Args:
        setting: the section of the installer's file that says how it is reached.
    """
    text = re.sub(r"^\[Errno -?\d+\] ", "", text)
    text = _IN_OTHER_WORDS.get(text, text)
    if any(words in text.lower() for words in _LOGIN_REFUSED):
        return (
            f"MQTT broker {address} refuses the user name or password; "
            f"check {setting}.username and {setting}.password"
        )
    for mark, advice in _TLS_REMEDIES.items():
        if mark in text.upper().replace(" ", "_"):
            remedy = advice.format(setting)
            return f"MQTT broker {address}: TLS failed ({mark}); {remedy}"
    return f"MQTT broker {address}: {text}"

"""Who may connect: identities of the config file, with their passwords, not too many tries.

Passwords travel by HTTP Basic authentication with the identity as user name. Chargers send
either the password's bytes or, when they were given a hex AuthorizationKey, its text (OCPP-J
security white paper; seen both ways), so both forms are right.
"""

import base64
import binascii
import contextlib
import hmac
import logging
from collections import OrderedDict, deque
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import unquote

log = logging.getLogger(__name__)

MAX_FAILURES = 5
FAILURE_WINDOW_S = 60.0
MAX_REMEMBERED = 256
MAX_PENDING = 32
MAX_IDENTITY_CHARS = 64


def identity_of(target: str) -> str:
    """The charger's identity: last segment of the request's path, percent-decoded.

    Chargers send absolute URLs, doubled or trailing slashes and queries.
    """
    path = target.partition("?")[0]
    if "://" in path:
        path = path.partition("://")[2].partition("/")[2]
    segments = [part for part in path.split("/") if part]
    return unquote(segments[-1], errors="replace").strip() if segments else ""


class Doorman:
    """Args:
    passwords: by identity; None where the installer set none.
    """

    def __init__(self, passwords: Mapping[str, str | None]) -> None:
        self._accepted = {
            identity: None if password is None else _forms(password)
            for identity, password in passwords.items()
        }
        self._failures: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()
        self.pending: dict[str, None] = {}

    def knows(self, identity: str) -> bool:
        return identity in self._accepted

    def ask_for_approval(self, identity: str, source: str) -> bool:
        """Note an unknown identity; return whether it is a new one."""
        shown = "".join(c for c in identity[:MAX_IDENTITY_CHARS] if c.isprintable())
        if not shown or shown in self.pending or len(self.pending) >= MAX_PENDING:
            return False
        self.pending[shown] = None
        log.warning(
            "a charger that calls itself %r at %s wants to connect; give it a place in the "
            "config file to let it in",
            shown,
            source,
        )
        return True

    def admit(
        self, identity: str, authorization: str | None, source: str, mono_s: float
    ) -> HTTPStatus:
        """OK, UNAUTHORIZED or, after too many wrong passwords, TOO_MANY_REQUESTS."""
        accepted = self._accepted[identity]
        if accepted is None:
            return HTTPStatus.OK
        failures = self._failures.get((source, identity))
        while failures and failures[0] <= mono_s - FAILURE_WINDOW_S:
            failures.popleft()
        if failures and len(failures) >= MAX_FAILURES:
            return HTTPStatus.TOO_MANY_REQUESTS
        shown = _password(authorization)
        matches = [hmac.compare_digest(shown or b"", form) for form in accepted]
        if any(matches):
            self._failures.pop((source, identity), None)
            return HTTPStatus.OK
        self._fail(identity, source, mono_s, tried=shown is not None)
        return HTTPStatus.UNAUTHORIZED

    def _fail(self, identity: str, source: str, mono_s: float, *, tried: bool) -> None:
        key = source, identity
        told = key in self._failures
        failures = self._failures.setdefault(key, deque())
        self._failures.move_to_end(key)
        if not told:
            log.warning(
                "charger %s at %s shows %s; type the password of the config file into the "
                "charger (its AuthorizationKey)",
                identity,
                source,
                "a wrong password" if tried else "no password",
            )
        failures.append(mono_s)
        if len(self._failures) > MAX_REMEMBERED:
            self._failures.popitem(last=False)


def _password(authorization: str | None) -> bytes | None:
    """The password of a Basic header; it is bytes, not always text."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        _, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return password if colon else None


def _forms(password: str) -> tuple[bytes, ...]:
    raw = password.encode()
    forms = {raw, raw.hex().encode(), raw.hex().upper().encode()}
    with contextlib.suppress(ValueError):
        forms.add(bytes.fromhex(password))
    return tuple(form for form in forms if form)

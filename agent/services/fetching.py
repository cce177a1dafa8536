"""HTTP to services that are far away, slow, rate-limited and now and then gone.

1. Whatever happens is either an Answer, Down (weather: ask again later) or Declined (what was asked
   is wrong; asking again soon would only burn the quota).
2. A service that names a time is not asked before it, and one that gave a tag is asked whether
   anything is new.
3. What is said of a failure names the host only: tokens stand in paths and queries.
"""

import asyncio
import logging
import ssl
import sys
from collections import OrderedDict
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib import import_module
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from agent.model.clock import Clock
from agent.model.nothing import nothing

if TYPE_CHECKING:
    import httpx

WITHIN_S: Final = 30.0
LARGEST_BYTES: Final = 4 * 1024 * 1024
MOST_TAGGED: Final = 16
LONGEST_WAIT_S: Final = 86_400.0
_REDIRECTS: Final = 3
_WORTH_ANOTHER_TRY: Final = (
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.PRECONDITION_REQUIRED,  # Tibber says so when it is busy
    HTTPStatus.TOO_MANY_REQUESTS,
)


_IMPORTED_LATER: Final = ("anyio.streams.tls", "anyio._backends._asyncio")
"""What the first request would import, for a tenth of a second, on the house's own loop."""


class Down(Exception):
    """The service did not answer, or not now.

    Args:
        again_after_s: real seconds that it asked for; None = it did not say.
    """

    def __init__(self, why: str, again_after_s: float | None = None) -> None:
        super().__init__(why)
        self.again_after_s = again_after_s


class Declined(Exception):
    """The service will not answer this however often it is asked; the text has the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Args:
    body: sent by POST; None = GET.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=nothing, repr=False)
    body: bytes | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or "the given address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    body: bytes = field(repr=False)


class Web:
    """Asks over HTTP; TLS trusts whom this machine trusts.

    Args:
        within_s: real seconds for a whole answer.
    """

    def __init__(self, clock: Clock, *, within_s: float = WITHIN_S) -> None:
        self._clock, self._within_s = clock, within_s
        self._trust: ssl.SSLContext | None = None
        self._tagged: OrderedDict[str, tuple[dict[str, str], bytes]] = OrderedDict()

    async def ask(self, request: Request, accept: Collection[int] = ()) -> Answer:
        """The answer to a request; one that is as before comes from memory.

        Args:
            accept: failures that the caller understands, e.g. 404 for a day not yet published.

        Raises:
            Down, Declined
        """
        # Half a second of a small processor; the loop goes on meanwhile.
        await asyncio.to_thread(_load_client)
        import httpx

        if self._trust is None:
            self._trust = await asyncio.to_thread(ssl.create_default_context)
        try:
            made = await asyncio.to_thread(_client, self._trust)
            async with asyncio.timeout(self._within_s), made as client:
                return await self._ask(client, request, accept)
        except TimeoutError:
            raise Down(f"{request.host} did not answer within {self._within_s:g} s") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError, ValueError):
            # A token with a line break in it, a host with a space.
            raise Declined(f"what {request.host} is asked cannot be sent; correct it") from None
        except httpx.HTTPError as error:
            why = str(error).strip() or type(error).__name__
            raise Down(f"{request.host} cannot be reached ({_first_line(why)})") from None

    async def _ask(
        self, client: "httpx.AsyncClient", request: Request, accept: Collection[int]
    ) -> Answer:
        known = self._tagged.get(request.url) if request.body is None else None
        headers = {"User-Agent": "Hearth", **request.headers, **(known[0] if known else {})}
        method = "GET" if request.body is None else "POST"
        async with client.stream(
            method, request.url, headers=headers, content=request.body
        ) as response:
            if response.status_code == HTTPStatus.NOT_MODIFIED and known is not None:
                return Answer(status=HTTPStatus.OK, body=known[1])
            body = await _read(response, request)
            if response.is_success or response.status_code in accept:
                self._note(request, response, body)
                return Answer(status=response.status_code, body=body)
            raise self._failure(request, response)

    def _note(self, request: Request, response: "httpx.Response", body: bytes) -> None:
        """Remember the tag of an answer, and the answer with it."""
        asked = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
        tags = {asked[name]: response.headers[name] for name in asked if name in response.headers}
        self._tagged.pop(request.url, None)
        if tags and request.body is None and response.status_code == HTTPStatus.OK:
            self._tagged[request.url] = (tags, body)
            while len(self._tagged) > MOST_TAGGED:
                self._tagged.popitem(last=False)

    def _failure(self, request: Request, response: "httpx.Response") -> Down | Declined:
        status = response.status_code
        said = f"{request.host} answers {status} {response.reason_phrase}".rstrip()
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _WORTH_ANOTHER_TRY:
            return Down(said, self._asked_wait_s(response.headers))
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return Declined(f"{said}; check the token")
        return Declined(f"{said}; check what is asked of it")

    def _asked_wait_s(self, headers: Mapping[str, str]) -> float | None:
        """How long the service wants to be left alone: Retry-After (RFC 9110 §10.2.3), or the
        RateLimit-Reset of those that have it."""
        for name in ("Retry-After", "RateLimit-Reset", "X-RateLimit-Reset"):
            text = headers.get(name, "").strip()
            if text.isascii() and text.isdecimal():
                return min(float(text), LONGEST_WAIT_S)
            if text:
                try:
                    wait_s = (parsedate_to_datetime(text) - self._clock.now().at).total_seconds()
                except (ValueError, TypeError):
                    continue
                return min(max(wait_s, 0.0), LONGEST_WAIT_S)
        return None


def _load_client() -> None:
    """Import httpx without its command line, which alone would take 10 MB (it draws with rich)."""
    if "httpx" in sys.modules:
        return
    sys.modules["httpx._main"] = None  # type: ignore[assignment]  # import says: not there
    try:
        import_module("httpx")
    finally:
        del sys.modules["httpx._main"]
    for later in _IMPORTED_LATER:
        with suppress(ImportError):
            import_module(later)
    # It logs whole addresses, and tokens stand in them.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("httpcore").setLevel(logging.WARNING)


def _client(trust: ssl.SSLContext) -> "httpx.AsyncClient":
    """The first one imports more, for a tenth of a second: nothing for the house's own loop."""
    import httpx

    return httpx.AsyncClient(
        verify=trust,
        timeout=None,  # noqa: S113 -- a request as a whole has one
        follow_redirects=True,
        max_redirects=_REDIRECTS,
    )


async def _read(response: "httpx.Response", request: Request) -> bytes:
    """Raises:
    Declined: it is far larger than any answer of such a service.
    """
    parts, size = [], 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > LARGEST_BYTES:
            raise Declined(f"{request.host} answers with more than 4 MB; check what is asked of it")
        parts.append(part)
    return b"".join(parts)


def _first_line(text: str) -> str:
    return text.splitlines()[0][:200]

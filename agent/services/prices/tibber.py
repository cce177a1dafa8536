"""Tibber: what its customers pay per kWh, quarter by quarter, VAT included.

POST api.tibber.com/v1-beta/gql. Without `resolution` it answers hours. Failures come with status
200 and a code in `errors`. Whether grid fees are in `total` depends on country and contract.
"""

from typing import Any, Final

import orjson

from agent.services.fetching import Declined, Down, Request, Web
from agent.services.prices.reading import figure, from_starts, instant, json_of
from agent.services.prices.source import BadAnswer, Publication, Quote, Span

URL: Final = "https://api.tibber.com/v1-beta/gql"
_ROW: Final = "{total startsAt currency}"
_QUERY: Final = (
    "{viewer{homes{id currentSubscription{priceInfo(resolution:QUARTER_HOURLY)"
    f"{{today{_ROW} tomorrow{_ROW}}}}}}}}}}}"
)
_FATAL: Final = ("UNAUTHENTICATED", "FORBIDDEN", "BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED")


class Tibber:
    """Args:
    home: id of the home at Tibber; None = the first one with a contract.
    """

    name = "Tibber"
    publication = Publication()

    def __init__(self, *, token: str, home: str | None = None, url: str = URL) -> None:
        self.key = f"tibber {home or ''}".strip()
        self._token, self._home, self._url = token, home, url

    async def fetch(self, web: Web, span: Span) -> Quote:  # noqa: ARG002 -- always both days
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        body = orjson.dumps({"query": _QUERY})
        answer = await web.ask(Request(url=self._url, headers=headers, body=body))
        return read(answer.body, self._home)


def read(body: bytes, home: str | None = None) -> Quote:
    """Raises:
    BadAnswer, Declined, Down
    """
    tree: Any = json_of(body)
    _complain(tree)
    try:
        homes = tree["data"]["viewer"]["homes"]
        some = [each for each in homes if home is None or each["id"] == home]
        paying = [each for each in some if each["currentSubscription"] is not None]
        if not paying:
            known = ", ".join(str(each["id"]) for each in homes) or "none"
            raise Declined(f"Tibber knows no such home with a contract; homes: {known}")
        info = paying[0]["currentSubscription"]["priceInfo"]
        rows = [*(info["today"] or ()), *(info["tomorrow"] or ())]
        starts = [instant(row["startsAt"]) for row in rows]
        prices = [figure(row["total"]) for row in rows]
        currencies = {str(row["currency"]) for row in rows}
    except (KeyError, TypeError):
        raise BadAnswer("the answer has not the shape of Tibber's") from None
    if len(currencies) > 1:
        raise BadAnswer(f"prices come in {' and '.join(sorted(currencies))}")
    return Quote(currency=(currencies or {""}).pop(), points=from_starts(starts, prices))


def _complain(tree: Any) -> None:
    errors = tree.get("errors") if isinstance(tree, dict) else None
    if not errors:
        return
    first = errors[0] if isinstance(errors, list) and isinstance(errors[0], dict) else {}
    extensions = first.get("extensions")
    code = extensions.get("code") if isinstance(extensions, dict) else None
    if code in _FATAL:
        remedy = "give a valid token of developer.tibber.com"
        raise Declined(f"Tibber answers {code}; {remedy}")
    raise Down(f"Tibber answers {code or first.get('message') or 'with an error'}")

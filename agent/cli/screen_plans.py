"""The hours ahead on a terminal: prices, when each car charges, and how its plan stands."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

from rich.console import RenderableType
from rich.text import Text

from agent.cli.plan import bars, columns, first_column, hours, power_of
from agent.cli.words import amount

Doc = Mapping[str, Any]
Words = tuple[str, str]
"""A text and its style."""

LABEL = 13
LEAST_KW = 0.1
EXECUTES: Final = "PLAN:EXECUTING:"
FINISHED: Final = "PLAN:ENDED:FINISHED"
NEARLY_KWH: Final = 0.05
SPARED: Final = timedelta(minutes=1)

_STATES: Final[Mapping[str, Words]] = {
    "FULLY_CHARGED": ("full", "green"),
    "PLAN:EXECUTING:STOPPING": ("is being stopped", "yellow"),
    "PLAN:EXECUTING:STOP_FAILED": ("cannot be stopped, charges", "red"),
    "PLAN:EXECUTING:STOPPED": ("waits for a better hour", "yellow"),
    "PLAN:EXECUTING:STOPPED:AWAITING_PRICES": ("waits for tomorrow's prices", "yellow"),
    "PLAN:EXECUTING:STARTING": ("is being started", "green"),
    "PLAN:EXECUTING:START_FAILED": ("did not begin, is tried again", "red"),
    "PLAN:EXECUTING:STARTED": ("charges", "green"),
    "PLAN:EXECUTING:CHARGE_INTERRUPTED": ("was interrupted", "yellow"),
    "PLAN:EXECUTING:OVERRIDDEN": ("charges now, as you said", "yellow"),
    "PLAN:ENDED:FAILED": ("the plan failed", "red"),
}


def plans(doc: Doc, zone: tzinfo | None) -> Iterator[RenderableType]:
    """A chart of the next day, and a line for each car that is charged by plan; nothing where
    there are neither prices nor plans.

    Args:
        doc: what `hearth plan --json` prints.
    """
    lines = [*_chart(doc, zone), *_cars(doc, zone)]
    if lines:
        yield Text("\n").join(lines)


def _chart(doc: Doc, zone: tzinfo | None) -> Iterator[Text]:
    found = doc["plan"]
    begins = first_column(doc, zone)
    prices = columns(doc["prices"], begins, lambda slot: float(slot["import"]))
    known = [each for each in prices if each is not None]
    if not known:
        return
    yield _row("next 24 hours", hours(begins), "", "dim")
    money = next((s["plan"]["currency"] for s in doc["statuses"].values() if s["plan"]), "")
    yield _row("price", bars(prices), f"{min(known):.2f}-{max(known):.2f} {money}", "cyan")
    if found is None:
        return
    steps: Sequence[Doc] = found["steps"]
    sun = columns(steps, begins, lambda step: float(step["sunKw"]))
    yield _row("sun", bars(sun), _most(sun), "yellow")
    for device in found["cars"]:
        car = columns(steps, begins, power_of(device))
        if max(value or 0.0 for value in car) >= LEAST_KW:
            yield _row(_named(device, doc), bars(car), _most(car), "magenta")


def _row(label: str, drawn: str, words: str, style: str) -> Text:
    text = Text(f"{label[:LABEL]:<{LABEL}} ", style="bold" if words else style, no_wrap=True)
    return text.append(f"{drawn:<48}", style=style).append(f" {words}", style="not bold dim")


def _most(values: Sequence[float | None]) -> str:
    return f"{max((value or 0.0 for value in values), default=0.0):.1f} kW"


def _named(device: str, doc: Doc) -> str:
    return str(doc["names"].get(device, device))


def _cars(doc: Doc, zone: tzinfo | None) -> Iterator[Text]:
    for device, status in doc["statuses"].items():
        if status["state"] in ("DISABLED", "UNKNOWN"):
            continue
        words, style = _stands(device, status, doc, zone)
        name = _named(device, doc)
        text = Text(f"{name[:LABEL]:<{LABEL}} ", style="bold")
        yield text.append(words.removeprefix(f"{name} "), style=f"not bold {style}".strip())


def _stands(device: str, status: Doc, doc: Doc, zone: tzinfo | None) -> Words:
    plan, state = status["plan"], status["state"]
    if state.startswith(EXECUTES) and plan is not None:
        words, style = _STATES.get(state, (state.lower(), ""))
        promise = _promise(device, plan, doc, zone)
        return f"{words}{_next(plan, doc, zone)}; {promise}", style
    if plan is not None and plan["finalState"] == FINISHED:
        full, style = _was_full(plan, doc, zone)
        there = state in (FINISHED, "FULLY_CHARGED")
        return (full, style) if there else (f"not plugged in; {full}", "dim")
    words, style = _STATES.get(state, ("", "dim"))
    return words or status["problem"] or "is looked at", style


def _next(plan: Doc, doc: Doc, zone: tzinfo | None) -> str:
    """When it charges, or goes on to; empty where that is all one stretch from now on."""
    now = datetime.fromisoformat(doc["at"])
    spans = [(w["from"], w["to"]) for w in plan["windows"]]
    ahead = [(a, b) for a, b in spans if datetime.fromisoformat(a) > now + SPARED]
    if not ahead:
        return ""
    start, stop = ahead[0]
    more = "" if len(ahead) == 1 else " and later"
    again = " again" if len(ahead) < len(spans) else ""
    until = datetime.fromisoformat(stop).astimezone(zone)
    return f",{again} {_clock(start, doc, zone)}-{until:%H:%M}{more}"


def _promise(device: str, plan: Doc, doc: Doc, zone: tzinfo | None) -> str:
    """How full it is at its deadline, and what that costs."""
    by = _clock(plan["deadline"], doc, zone)
    outlined = None if doc["plan"] is None else doc["plan"]["cars"].get(device)
    if outlined is None:
        return f"to be full by {by}"
    missing_kwh = outlined["limitKwh"] - outlined["levelAtDeadlineKwh"]
    full = f"full by {by}" if missing_kwh < NEARLY_KWH else f"{missing_kwh:.1f} kWh short at {by}"
    cost, at_once = outlined["cost"], outlined["costAtOnce"]
    said = f"{full}, {_kwh(outlined['chargeKwh'])}"
    if cost is None:
        return said
    said += f" for {amount(cost, plan['currency'])}"
    return said if at_once is None else f"{said}, {amount(at_once, None)} at once"


def _kwh(energy_kwh: float) -> str:
    return f"{energy_kwh:.1f} kWh" if energy_kwh >= 1 else f"{energy_kwh:.2f} kWh"


def _was_full(plan: Doc, doc: Doc, zone: tzinfo | None) -> Words:
    ended, deadline = (datetime.fromisoformat(plan[key]) for key in ("endedAt", "deadline"))
    since = ended.astimezone(zone)
    clock = f"{since:%H:%M:%S}" if _today(since, doc, zone) else f"{since:%a %H:%M}"
    by, cost = _clock(plan["deadline"], doc, zone), ""
    if plan["cost"] is not None:
        cost = f", {amount(plan['cost'], plan['currency'])}"
    if ended <= deadline:
        return f"FINISHED: full at {clock}, in time for {by}{cost}", "green"
    return f"FINISHED late: full at {clock}, wanted by {by}{cost}", "red"


def _clock(text: str, doc: Doc, zone: tzinfo | None) -> str:
    at = datetime.fromisoformat(text).astimezone(zone)
    return f"{at:%H:%M}" if _today(at, doc, zone) else f"{at:%a %H:%M}"


def _today(at: datetime, doc: Doc, zone: tzinfo | None) -> bool:
    return at.date() == datetime.fromisoformat(doc["at"]).astimezone(zone).date()

"""Documents, overrides and answers, read back from their rows."""

from typing import Any

import orjson

from agent.model.documents import Document, DocumentKind, DocumentValue, Source
from agent.model.intents import Answer
from agent.model.pairs import Evidence, LockedBy, Pair, PairStage
from agent.model.readings import DeviceKind
from agent.model.schedules import Location, Override, Rule, Schedule
from agent.model.smart import SmartPolicy, Windows
from agent.model.tariffs import (
    NamedPrice,
    NamedPrices,
    PriceInterval,
    PricePlan,
    PricePoint,
    PriceSeries,
)
from agent.store.rows import action_of, instants, known


def decode_document(doc: str) -> Document:
    """Raises:
    KeyError, TypeError, ValueError: it was written by a Hearth that knows more kinds or fields.
    """
    fields = known(Document, orjson.loads(doc))
    kind = DocumentKind(fields["kind"])
    values = {
        name: None if fields.get(name) is None else _value(kind, fields[name])
        for name in ("value", "waiting")
    }
    return Document(**fields | values | {"kind": kind, "source": Source(fields["source"])})


def _value(kind: DocumentKind, doc: dict[str, Any]) -> DocumentValue:
    match kind:
        case DocumentKind.SCHEDULE:
            return _schedule(doc)
        case DocumentKind.LOCATION:
            return _location(doc)
        case DocumentKind.TARIFF:
            return _named_prices(doc)
        case DocumentKind.LOCATION_TARIFF:
            return _price_plan(doc)
        case DocumentKind.PRICE_SERIES:
            return _price_series(doc)
        case DocumentKind.SMART_POLICY:
            return _smart_policy(doc)


def decode_override(doc: str) -> Override:
    return _override(orjson.loads(doc))


def decode_answer(doc: str) -> Answer:
    fields = known(Answer, orjson.loads(doc))
    action, override, pair = fields["action"], fields["override"], fields.get("pair")
    return Answer(
        **fields
        | {
            "action": None if action is None else action_of(action),
            "override": None if override is None else _override(override),
            "pair": None if pair is None else _pair(pair),
        }
    )


def _override(doc: dict[str, Any]) -> Override:
    fields = known(Override, doc)
    kind = DeviceKind(fields["device_kind"])
    return Override(**fields | {"device_kind": kind} | instants(fields, "created_at", "ended_at"))


def _pair(doc: dict[str, Any]) -> Pair:
    fields = known(Pair, doc)
    return Pair(
        **fields
        | {
            "stage": PairStage(fields["stage"]),
            "locked_by": LockedBy(fields["locked_by"]),
            "evidence": tuple(Evidence(**known(Evidence, each)) for each in fields["evidence"]),
        }
        | instants(fields, "activated_at", "deactivated_at")
    )


def _schedule(doc: dict[str, Any]) -> Schedule:
    fields = known(Schedule, doc)
    return Schedule(
        **fields
        | {
            "target_kind": DeviceKind(fields["target_kind"]),
            "rules": tuple(_rule(rule) for rule in fields["rules"]),
        }
    )


def _rule(doc: dict[str, Any]) -> Rule:
    fields = known(Rule, doc)
    weekdays = fields["weekdays"]
    return Rule(
        **fields
        | {"weekdays": None if weekdays is None else frozenset(weekdays)}
        | instants(fields, "from_at", "to_at")
    )


def _location(doc: dict[str, Any]) -> Location:
    fields = known(Location, doc)
    return Location(**fields | {"chargers": tuple(fields["chargers"])})


def _smart_policy(doc: dict[str, Any]) -> SmartPolicy:
    fields = known(SmartPolicy, doc)
    return SmartPolicy(
        **fields
        | {
            "target_kind": DeviceKind(fields["target_kind"]),
            "deadlines": tuple(fields["deadlines"]),
            "windows": Windows(fields["windows"]),
        }
        | instants(fields, "ready_at")
    )


def _named_prices(doc: dict[str, Any]) -> NamedPrices:
    fields = known(NamedPrices, doc)
    return NamedPrices(
        **fields
        | {
            "prices": tuple(NamedPrice(**known(NamedPrice, each)) for each in fields["prices"]),
            "earlier": tuple(_named_prices(each) for each in fields.get("earlier", ())),
        }
        | instants(fields, "valid_from")
    )


def _price_plan(doc: dict[str, Any]) -> PricePlan:
    fields = known(PricePlan, doc)
    return PricePlan(
        **fields
        | {
            "intervals": tuple(_interval(each) for each in fields["intervals"]),
            "earlier": tuple(_price_plan(each) for each in fields.get("earlier", ())),
        }
        | instants(fields, "valid_from")
    )


def _interval(doc: dict[str, Any]) -> PriceInterval:
    fields = known(PriceInterval, doc)
    weekdays = fields["weekdays"]
    return PriceInterval(**fields | {"weekdays": None if weekdays is None else frozenset(weekdays)})


def _price_series(doc: dict[str, Any]) -> PriceSeries:
    fields = known(PriceSeries, doc)
    points = (known(PricePoint, each) for each in fields["points"])
    return PriceSeries(
        **fields
        | {"points": tuple(PricePoint(**each | instants(each, "start", "end")) for each in points)}
    )

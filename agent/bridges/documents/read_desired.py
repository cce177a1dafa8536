"""Desired documents of the cloud, and what is reported back of them."""

from collections.abc import Iterable
from http import HTTPStatus

from agent.bridges.documents.faults import Unreadable, problem
from agent.bridges.documents.fields import Fields
from agent.bridges.documents.ids import as_uuid, local_id
from agent.bridges.documents.payload import parse
from agent.bridges.documents.read_location import read_location
from agent.bridges.documents.read_schedule import read_schedule
from agent.bridges.documents.read_smart import read_policy
from agent.bridges.documents.read_tariff import (
    read_price_plan,
    read_price_series,
    read_tariff,
)
from agent.bridges.documents.view import Json, Sender
from agent.model.actions import RequestedBy
from agent.model.documents import Document, DocumentKind, DocumentValue
from agent.model.intents import PutDocument
from agent.model.picture import Picture


def read_desired(
    kind: str, resource_id: str, payload: bytes, sender: Sender, picture: Picture
) -> PutDocument:
    """What `desired/{kind}/{resource_id}` asks for. A body that cannot be read is a PutDocument
    with its problem, so that its revision is noted and rejected.

    Raises:
        Unreadable: not even kind, id and revision can be read; there is nothing to report on.
    """
    if kind not in list(DocumentKind):
        known = ", ".join(DocumentKind)
        raise Unreadable("", f"is a {kind}", f"kinds: {known}", HTTPStatus.NOT_FOUND)
    if as_uuid(resource_id) is None:
        raise Unreadable("", "has an id that is no UUID", "give the id of the resource")
    document, fields = DocumentKind(kind), parse(payload)
    name = local_id(resource_id, _names(document, picture), sender.agent_id, kind)
    rev, value, wrong = fields.integer("rev", 1), None, None
    try:
        if not fields.find_flag("deleted"):
            value = _value(document, name, fields, sender, picture)
    except Unreadable as error:
        wrong = str(error)
    return PutDocument(
        requested_by=RequestedBy.CLOUD, kind=document, id=name, rev=rev, value=value, problem=wrong
    )


def _names(kind: DocumentKind, picture: Picture) -> tuple[str, ...]:
    """What has a name of ours; all else is called by its id."""
    standing: Iterable[str] = ()
    match kind:
        case DocumentKind.SCHEDULE:
            standing = picture.schedules
        case DocumentKind.LOCATION:
            standing = picture.locations
        case DocumentKind.SMART_POLICY:
            standing = [info.id for info in picture.devices]
        case _:
            pass
    return (*standing, *(name for of, name in picture.documents if of is kind))


def _value(
    kind: DocumentKind, name: str, document: Fields, sender: Sender, picture: Picture
) -> DocumentValue:
    match kind:
        case DocumentKind.SCHEDULE:
            return read_schedule(name, document.part("body"), sender, picture)
        case DocumentKind.LOCATION:
            return read_location(name, document.part("body"), sender, picture)
        case DocumentKind.TARIFF:
            return read_tariff(name, document, picture)
        case DocumentKind.LOCATION_TARIFF:
            return read_price_plan(name, document.part("body"), sender, picture)
        case DocumentKind.PRICE_SERIES:
            return read_price_series(name, document.part("body"), sender, picture)
        case DocumentKind.SMART_POLICY:
            return read_policy(name, document.part("body"), sender, picture)


def reported(document: Document) -> Json:
    """What stands under `reported/{kind}/{id}`."""
    if document.problem is None:
        return {"rev": document.seen_rev, "status": "applied"}
    return {
        "rev": document.seen_rev,
        "status": "rejected",
        "problem": problem(HTTPStatus.BAD_REQUEST, document.problem),
    }

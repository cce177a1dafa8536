"""What became of a command, as `cmd-result/{requestId}` carries it."""

from http import HTTPStatus

from agent.bridges.documents.action import action
from agent.bridges.documents.faults import Unreadable, problem
from agent.bridges.documents.pair import pair
from agent.bridges.documents.schedule import override
from agent.bridges.documents.view import Json, Sender
from agent.model.intents import Answer


def result(request_id: str, answer: Answer, sender: Sender) -> Json:
    """`body` is the Action, override or pair that was made; a problem; both where an Action was
    cancelled at once; null where there is nothing to tell."""
    made: Json | None = None
    if answer.action is not None:
        made = action(answer.action, sender)
    elif answer.override is not None:
        made = override(answer.override, sender)
    elif answer.pair is not None:
        made = pair(answer.pair, sender)
    if answer.problem is not None and answer.status != HTTPStatus.OK:
        made = (made or {}) | problem(answer.status, answer.problem, request_id)
    return {"requestId": request_id, "status": answer.status, "body": made}


def refused(request_id: str, fault: Unreadable) -> Json:
    """A command that could not be understood."""
    return {
        "requestId": request_id,
        "status": fault.status,
        "body": fault.document(request_id),
    }


def failed(request_id: str, status: int, detail: str) -> Json:
    """A command that was not carried out: 409 another content, 410 expired."""
    return {
        "requestId": request_id,
        "status": status,
        "body": problem(status, detail, request_id),
    }

"""`grid.limit` and `grid.profile`: what the grid operator says through the cloud."""

from http import HTTPStatus
from typing import Final

from agent.bridges.documents.asked import Asked
from agent.bridges.documents.faults import Unreadable
from agent.bridges.documents.fields import Fields
from agent.bridges.documents.read_profile import profile_id, read_profile
from agent.model.intents import GridLimit, GridPlan, Intent
from agent.model.limits import Scope

CLOUD: Final = "cloud"
MAY_LIMIT: Final = "hem-system:control:grid_limit"
LARGEST_LIMIT_KW: Final = 1000.0
_LIMITS: Final = ("importLimitKw", "exportLimitKw")
_OF_PROFILE: Final = ("chargingProfile", "csChargingProfiles")
_SOCKETS: Final = ("connectorId", "evseId")


def grid_limit(asked: Asked) -> Intent:
    """One limit from now on; null takes it back.

    Raises:
        Unreadable
    """
    _granted(asked)
    body = asked.body
    body.only("scope", *_LIMITS, "endsAt")
    if not any(body.has(name) for name in _LIMITS):
        raise body.fault("importLimitKw", "is missing", "give kW, or null to take the limit back")
    import_kw, export_kw = (body.find_figure(name, 0, LARGEST_LIMIT_KW) for name in _LIMITS)
    free = import_kw is None and export_kw is None
    return GridLimit(
        source=CLOUD,
        scope=Scope.DEVICES if free else _scope(body, None),
        import_w=None if import_kw is None else import_kw * 1000,
        export_w=None if export_kw is None else export_kw * 1000,
        ends_at=body.find_instant("endsAt"),
        **asked.origin,
    )


def grid_profile(asked: Asked) -> Intent:
    """A charging profile of OCPP for the whole house; null takes the one with that id back.

    Raises:
        Unreadable
    """
    _granted(asked)
    body = asked.body
    body.only("scope", *_OF_PROFILE, "chargingProfileId", *_SOCKETS)
    for name in _SOCKETS:
        if body.has(name) and body.integer(name, 0) != 0:
            remedy = "give 0, the whole house; limit one charger with SET_MAX_CURRENT"
            raise body.fault(name, "is a single socket", remedy)
    name = next((each for each in _OF_PROFILE if body.has(each)), _OF_PROFILE[0])
    if not body.has(name):
        raise body.fault(name, "is missing", "give a profile, or null with chargingProfileId")
    profile = body.find_part(name)
    number = profile_id(body if profile is None else profile)
    return GridPlan(
        source=f"{CLOUD} profile {number}",
        scope=_scope(body, Scope.DEVICES),
        periods=() if profile is None else read_profile(profile, asked.picture.now.at),
        **asked.origin,
    )


def _granted(asked: Asked) -> None:
    if MAY_LIMIT not in asked.sender.scopes:
        remedy = f"the installer must grant {MAY_LIMIT}"
        raise Unreadable("/command", "is not allowed", remedy, HTTPStatus.FORBIDDEN)


def _scope(body: Fields, otherwise: Scope | None) -> Scope:
    word = body.find_text("scope")
    if word is None and otherwise is not None:
        return otherwise
    known = {scope.name: scope for scope in Scope}
    if word not in known:
        what = "is missing" if word is None else "is none of the known words"
        raise body.fault("scope", what, f"give one of {', '.join(known)}")
    return known[word]

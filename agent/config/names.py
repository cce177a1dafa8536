"""Names that the installer chooses, and names that the world has given."""

import difflib
import re
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator

LONGEST_NAME = 32
SLUG = r"[a-z][a-z0-9]*(_[a-z0-9]+)*"


def slug_of(text: str) -> str:
    """The nearest text that may be a name: lower-case letters, digits and single underscores."""
    plain = text.translate(_PLAIN).lower()
    slug = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    return (slug if slug[:1].isalpha() else f"device_{slug}".rstrip("_"))[:LONGEST_NAME].rstrip("_")


_PLAIN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
)


def checked_slug(text: str) -> str:
    """Return a name that is fit for topics, entity ids and environment variables.

    One name is one environment variable and one topic, hence neither capitals nor hyphens nor
    double underscores.

    Raises:
        ValueError: it is not; the text says what to write.
    """
    if not re.fullmatch(SLUG, text) or len(text) > LONGEST_NAME:
        raise ValueError(
            "a name has lower-case letters, digits and single underscores, begins with a letter "
            f"and has at most {LONGEST_NAME} characters; write {slug_of(text)}"
        )
    return text


Slug = Annotated[str, AfterValidator(checked_slug)]
DeviceName = Slug


def known_timezone(name: str) -> str:
    """Return the name of an IANA time zone.

    Raises:
        ValueError: there is no such zone; the text says which one is near.
    """
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise ValueError(f"no such time zone; {_nearest_zone(name)}") from None
    return name


def _nearest_zone(name: str) -> str:
    zones = {zone.lower(): zone for zone in available_timezones()}
    cities = {zone.rpartition("/")[2]: zone for zone in sorted(zones, reverse=True)}
    wanted = name.strip().lower().replace(" ", "_")
    near = difflib.get_close_matches(wanted, zones, n=1, cutoff=0.75)
    city = difflib.get_close_matches(wanted.rpartition("/")[2], cities, n=1, cutoff=0.8)
    found = near or [cities[each] for each in city]
    return f"did you mean {zones[found[0]]}?" if found else "write one such as Europe/Berlin"

"""Time zones by the names that Java, and so Spark, knows."""

from __future__ import annotations

import difflib
import re
import zoneinfo

OFFSET = re.compile(r"(?:UTC|GMT|UT)?[+-](\d\d?)(?::([0-5]\d))?")
PLAIN = ("UTC", "GMT", "Z")
# Files of the time zone database that Java does not have. Spark takes EST, MST and HST, and more
# letters like them (BST is Dhaka, IST is Kolkata), as Java once did: a place says what is meant.
NOT_IN_JAVA = {"Factory", "localtime", "posixrules", "ROC", "EST", "MST", "HST", "Etc/Unknown"}


def zone_fault(zone: str) -> str:
    """Why Spark would refuse a time zone, or could misread it, with the cure; or ""."""
    offset = OFFSET.fullmatch(zone)
    if offset:
        minutes = int(offset[1]) * 60 + int(offset[2] or 0)
        return "" if minutes <= 18 * 60 else "an offset is at most 18:00"
    known = zoneinfo.available_timezones() - NOT_IN_JAVA
    # A machine without the database of time zones cannot tell.
    if zone in PLAIN or zone in known or not known:
        return ""
    places = {name.lower(): name for name in sorted(known)}
    cities = {name.rpartition("/")[2].lower(): name for name in sorted(known)}
    wanted = zone.strip().lower().replace(" ", "_")
    near = difflib.get_close_matches(wanted, [*places, *cities], n=1, cutoff=0.75)
    if near:
        return f"there is no such time zone; did you mean {places.get(near[0]) or cities[near[0]]}?"
    return "there is no such time zone; write a place such as Europe/Berlin, or +02:00"

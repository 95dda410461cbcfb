"""What is known of upstreams whose functions are discovered, as commands tell it."""

import time
from datetime import UTC, datetime

from gloo.cli.output import note
from gloo.control_plane.offline import Offline
from gloo.discovery.known import Known
from gloo.model.base import Json
from gloo.model.codec import ConfigObject
from gloo.model.strict import to_builtins

_UNITS = ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def tell_discovered(offline: Offline) -> None:
    """Say on standard error which functions are those of an earlier answer, and whose are not known."""
    for name, known in sorted(offline.known.items()):
        if name in offline.read:
            continue
        if known is None or not known.answered:
            note(f"the functions of {name} are not known yet: gloo discover asks for them")
        else:
            told = f"{len(known.functions)} functions of {name} are those of {_ago(known.answered, time.time())}"
            note(f"{told}: gloo discover asks again")


def discovered_text(offline: Offline, name: str, now: float) -> str:
    """Return how many functions of an upstream were discovered, and when; empty for one that is not to be asked."""
    if name not in offline.known:
        return ""
    known = offline.known[name]
    if known is None or not known.asked:
        return "not asked yet"
    found = f"{len(known.functions)}, {_ago(known.answered, now)}" if known.answered else "0"
    return f"{found}, then {known.failures} failed" if known.failures else found


def discovery_json(known: Known) -> Json:
    """Return what is known of an upstream, for programs."""
    return {
        "functions": len(known.functions),
        "asked": _moment(known.asked),
        "answered": _moment(known.answered),
        "failures": known.failures,
        "problems": [to_builtins(problem) for problem in known.problems],
    }


def source_of(item: ConfigObject, function: str) -> str:
    """Return where a function of *item* comes from."""
    return "discovered" if function in item.discovered else "written"


def _moment(seconds: float) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else None


def _ago(then: float, now: float) -> str:
    past = max(0, int(now - then))
    size, unit = next(((size, unit) for size, unit in _UNITS if past >= size), (1, "s"))
    return f"{past // size}{unit} ago"

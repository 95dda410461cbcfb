"""Since when each virtual service is known: what its creation is where a store does not tell."""

from collections.abc import Mapping, Set


class FirstSeen:
    """Notes when each name was seen first.

    Args:
        known: what an earlier run noted, in seconds since 1970.
    """

    def __init__(self, known: Mapping[str, float]) -> None:
        self._since = dict(known)

    def of(self, names: Set[str], now: float) -> Mapping[str, float]:
        """Return since when each of *names* is known, those that are new since *now*; others are forgotten.

        The same mapping as before, if the names are.
        """
        if names != self._since.keys():
            self._since = {name: self._since.get(name, now) for name in names}
        return self._since

"""When an upstream is asked again. Pure."""

from gloo.discovery.known import Known
from gloo.model.base import Value

_SPREAD = 0.1  # of the time between two questions, so that upstreams that begin together do not stay together


class Pace(Value, frozen=True):
    """How patient the questions are, in seconds.

    Args:
        retry: after the first failure; doubled after each one more.
        longest: between two questions to an upstream that fails, or `every` where that is longer.
        most: what an upstream that wants to be left alone can ask for.
    """

    retry: float = 10.0
    longest: float = 900.0
    most: float = 86_400.0

    def next(self, every: float, failures: int, *, wait: float, chance: float) -> float:
        """Return how long to wait after a question.

        Args:
            failures: how many in a row had no answer.
            wait: what the upstream asked for; 0 for nothing.
            chance: a random number from 0 to 1.
        """
        base = self._between(every, failures)
        spread = base * (1 + _SPREAD * (2 * chance - 1))
        return max(spread, min(wait, self.most))

    def first(self, every: float, known: Known | None, *, now: float) -> float:
        """Return how long to wait before the first question, so that restarts don't make more of them."""
        if known is None or not known.asked:
            return 0.0
        pause = self._between(every, known.failures)
        return min(max(0.0, known.asked + pause - now), pause)

    def _between(self, every: float, failures: int) -> float:
        if not failures:
            return every
        return min(self.retry * 2.0 ** min(failures - 1, 30), max(every, self.longest))

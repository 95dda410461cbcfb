"""Every error gloo raises on purpose, on one page.

A message names object, field, fact and hint:
``Upstream/billing: spec.region: 'europe' is not an AWS region (e.g. eu-west-1)``.
No message may hold a secret. Anything that is raised and is not on this page is a bug.
"""


class GlooError(Exception):
    """The root: catch it at the edges only, to print its text without a traceback."""


class ConfigError(GlooError):
    """The user erred: report it on the object *ref*, leave that part out, go on.

    Args:
        ref: the object, ``Upstream/billing``; empty while it is not known yet.
        field: the path inside the object, ``spec.hosts[0].port``; empty for the object as a whole.
        problem: the fact, without a final full stop.
        hint: what to do or what would be right; may be empty.
        template: the error in a function's template that it is about, if it is about one.
        others: what else is wrong there.
    """

    def __init__(
        self,
        ref: str,
        field: str,
        problem: str,
        hint: str = "",
        *,
        template: "TemplateError | None" = None,
        others: "tuple[ConfigError, ...]" = (),
    ) -> None:
        self.ref = ref
        self.field = field
        self.problem = problem
        self.hint = hint
        self.template = template
        self.others = others
        super().__init__(ref, field, problem, hint)

    def __str__(self) -> str:
        place = ": ".join(part for part in (self.ref, self.field) if part)
        text = f"{place}: {self.problem}" if place else self.problem
        return f"{text} ({self.hint})" if self.hint else text


class MissingReference(ConfigError):
    """What a field names does not exist yet: Pending, solved by a later snapshot."""


class TemplateError(GlooError):
    """A function's template can't be compiled.

    Args:
        field: which template: ``path``, ``body``, ``headers.x-name``.
        problem: the fact.
        hint: what to do; may be empty.
        line: line in the template, from 1.
        column: column in that line, from 1.
        text: that line of the template; empty where there is none to show.
        others: the errors of the function's other templates.
    """

    def __init__(
        self,
        field: str,
        problem: str,
        hint: str = "",
        *,
        line: int = 1,
        column: int = 1,
        text: str = "",
        others: "tuple[TemplateError, ...]" = (),
    ) -> None:
        self.field = field
        self.problem = problem
        self.hint = hint
        self.line = line
        self.column = column
        self.text = text
        self.others = others
        super().__init__(field, problem, hint, line, column)

    def __str__(self) -> str:
        text = f"{self.field}: {self.told}"
        return f"{text} ({self.hint})" if self.hint else text

    @property
    def is_placed(self) -> bool:
        """Whether it is about a place in a template, and not about all of one or of the function."""
        return bool(self.text) or (self.line, self.column) != (1, 1)

    @property
    def told(self) -> str:
        """The problem with its place in the template."""
        return f"line {self.line}, column {self.column}: {self.problem}" if self.is_placed else self.problem

    def changed(self, *, field: str = "", hint: str = "", others: "tuple[TemplateError, ...]" = ()) -> "TemplateError":
        """Return the same error with what is given in the place of what it said."""
        said = (field or self.field, self.problem, hint or self.hint)
        return TemplateError(*said, line=self.line, column=self.column, text=self.text, others=others)


class SettingsError(GlooError):
    """A flag, a ``GLOO_*`` variable or the settings file is wrong; the command ends with status 2."""


class StorageError(GlooError):
    """A store can't be reached or refuses: retry with back-off, keep the last good state."""


class NotFound(StorageError):
    """The store holds no such object."""


class Conflict(StorageError):
    """The object changed since it was read: read it afresh and try again."""


class DiscoveryError(GlooError):
    """An upstream can't be asked for its functions or endpoints: report it, keep what is known.

    Args:
        problem: the fact, without a final full stop.
        hint: what to do; may be empty.
        wait: seconds that the upstream wants to be left alone; 0 when it said nothing of that.
    """

    def __init__(self, problem: str, hint: str = "", *, wait: float = 0.0) -> None:
        self.problem = problem
        self.hint = hint
        self.wait = wait
        super().__init__(problem, hint, wait)

    def __str__(self) -> str:
        return f"{self.problem} ({self.hint})" if self.hint else self.problem


class PluginError(GlooError):
    """A plugin breaks its contract: loud, named, the others go on."""


class SnapshotError(GlooError):
    """A translation is inconsistent: a reference in it resolves to nothing. It is never published."""


class ProxyError(GlooError):
    """Envoy can't be found, started or kept running."""

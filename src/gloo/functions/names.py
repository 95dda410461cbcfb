"""Say where a variable's value comes from: the template itself, a parameter, or the JSON body."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from gloo.functions import lua
from gloo.functions.known import NOTHING_KNOWN, Known
from gloo.functions.parameters import Binding, Parameter
from gloo.functions.source import Source
from gloo.functions.tree import Call, Variable
from gloo.model.base import Value

FREE = ("path", "method", "scheme", "authority")
"""Variables that exist beside any parameters, unless a parameter has the name."""

Message = Literal["request", "response"]
BodyFormat = Literal["json", "form", "multipart", "none"]
_FORMS = ("form", "multipart")
"""Bodies whose fields are text, and may come several times."""

_PARAMETER = "gloo.json_parameter"


class Resolved(Value, frozen=True):
    """A variable's value as a Lua expression.

    Args:
        printer: what writes it where a JSON value is due, if it is text of the request, which has no JSON type of its
            own; empty if it has one.
    """

    lua: str
    printer: str = ""

    @property
    def is_text(self) -> bool:
        """Whether it is text of the request, and of a form with files perhaps a file."""
        return self.printer == _PARAMETER


@dataclass(slots=True)
class Names:
    """The names that a function's templates may use; it notes which of them they did use.

    Args:
        parameters: where values come from.
        bindings: the variables that *parameters* bind.
        body: how the body is read; a name that nothing else binds is a field of it, or with ``none`` an error.
        message: what the templates make.
        kept: headers of the request that a response asks for.
        known: texts of the configuration.
        hosts: marks of the host that answered which a response asks for.
        reads_body, reads_text: what the templates use of the body: its fields, or its text.
        reads_whole: they use the JSON of the body whatever it is.
        reads_lists: they use all the values of a field of a form.
        any_route: the route is not known yet: each name may be one of its parameters.
        constants: what is made once, when the program is loaded, and its Lua variable.
        used: the variables that are taken out of the message, and their Lua variables.
        objects: what is put together of the body and of parameters once for a rendering, and its Lua variable.
        foreign: they use values that may be no valid UTF-8, which the fields of JSON are.
    """

    parameters: Sequence[Parameter]
    bindings: Sequence[Binding]
    body: BodyFormat = "json"
    message: Message = "request"
    known: Known = NOTHING_KNOWN
    hosts: dict[str, None] = field(default_factory=dict)
    reads_body: bool = False
    reads_text: bool = False
    reads_whole: bool = False
    reads_lists: bool = False
    any_route: bool = False
    foreign: bool = False
    kept: dict[str, None] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    used: dict[tuple[str, ...], str] = field(default_factory=dict)
    objects: dict[str, str] = field(default_factory=dict)

    @property
    def body_fields(self) -> bool:
        """Whether the body has fields."""
        return self.body != "none"

    @property
    def waits(self) -> bool:
        """Whether anything of the body is used."""
        return self.reads_body or self.reads_text or self.reads_lists

    @property
    def sound(self) -> bool:
        """Whether all text values are valid UTF-8: fields of a JSON body, and what is made of them alone."""
        return self.reads_body and self.body == "json" and not self.foreign and not self.reads_text

    def fields(self) -> list[str]:
        """The Lua line that reads the body's fields, if they are used."""
        if self.body == "multipart" and (self.reads_body or self.reads_lists):
            return ["local fields, lists = gloo.multipart_fields(headers, text)"]
        if self.body == "form":
            lists = ["local lists = gloo.form_lists(text)"] if self.reads_lists else []
            return [*(["local fields = gloo.form_fields(text)"] if self.reads_body else []), *lists]
        if not self.reads_body:
            return []
        read = "gloo.fields(text)" if self.message == "request" else "gloo.answer_fields(text)"
        return [f"local fields{', whole' if self.reads_whole else ''} = {read}"] if self.body == "json" else []

    def resolve(self, variable: Variable, local: Mapping[tuple[str, ...], str], source: Source) -> Resolved:
        """Find *variable*, first among the template's own *local* names.

        Raises `TemplateError` for a name that nothing can supply.
        """
        for length in range(1, len(variable.path) + 1):
            if variable.path[:length] in local:
                return Resolved(_fields(local[variable.path[:length]], variable.path[length:]))
        if variable.path[0] == "loop" and ("loop", "index") in local:
            known = ", ".join(".".join(path) for path in local if path[0] == "loop")
            raise source.error(variable.at, f"a loop has no '{variable.name}'", f"known: {known}")
        paths = {binding.path: binding for binding in self.bindings}
        for length in range(1, len(variable.path) + 1):
            binding = paths.get(variable.path[:length])
            if binding is not None:
                return self._bound(binding, variable, source)
        if variable.path[0] in self._free() and len(variable.path) == 1:
            return Resolved(self._use(variable.path), _PARAMETER)
        value = self._with_nested(variable, self._from_body(variable, source))
        return Resolved(value, _PARAMETER if self._is_form_text(variable) and not self._nested(variable) else "")

    def lists(self, call: Call, source: Source) -> str:
        """The Lua table of all the values of a form's fields; raise `TemplateError` if the body is no form."""
        if self.body not in _FORMS:
            raise source.error(call.at, f"{call.function}() needs a form", "set parse_body to form or multipart")
        self.reads_lists = True
        return "lists"

    def _is_form_text(self, variable: Variable) -> bool:
        """Tell whether a field of the body is text without a JSON type; what a file has does have one."""
        return self.body == "form" or (self.body == "multipart" and len(variable.path) == 1)

    def constant(self, written: str) -> str:
        """The Lua name of a value that is made once, when the program is loaded."""
        return self.constants.setdefault(written, f"c{len(self.constants) + 1}")

    def parameter(self, variable: Variable, source: Source) -> str:
        """Find the parameter called *variable*; raise `TemplateError` if there is none."""
        for binding in self.bindings:
            if ".".join(binding.path) == variable.name:
                return self._use(binding.path)
        if self.any_route:
            return "nil"
        known = ", ".join(sorted(self._known()))
        raise source.error(variable.at, f"no parameter is called '{variable.name}'", f"known: {known}" if known else "")

    def nested(self, path: tuple[str, ...] | None) -> int:
        """Return how many parameters are put into the value of the name *path*, or into the whole body."""
        return len(self._nested(Variable(path, 0)) if path is not None else self.bindings)

    def whole(self) -> str:
        """The JSON of the body, whatever it is; an object has the parameters among its fields, as all forms have."""
        if self.body != "json":
            return self.everything()
        self.reads_whole = True
        return lua.call("gloo.whole", "whole", self.everything())

    def everything(self, *, typed: bool = False) -> str:
        """All fields of the body, with the parameters among them; *typed*: as the JSON that their texts are."""
        if self.body_fields:
            self.reads_body = True
        base = "fields" if self.body_fields else "gloo.empty"
        return self._object(base, list(dict.fromkeys(b.path for b in self.bindings)), (), typed=typed)

    def _bound(self, binding: Binding, variable: Variable, source: Source) -> Resolved:
        rest = variable.path[len(binding.path) :]
        if rest and not (binding.typed or self.mixed(binding.path)):
            problem = f"the parameter '{'.'.join(binding.path)}' is text and has no field '{rest[0]}'"
            raise source.error(variable.at, problem)
        name = self._use(binding.path)
        if self.mixed(binding.path):
            printer = "" if rest else f"({came_as_text(name)} and {_PARAMETER} or gloo.json_value)"
        else:
            printer = "" if binding.typed and self.body not in _FORMS else _PARAMETER
        return Resolved(_fields(name, rest), printer)

    def mixed(self, path: tuple[str, ...]) -> bool:
        """Whether the value of *path* is text of the request or a JSON value, by the source that has one."""
        kinds = {binding.typed for binding in self.bindings if binding.path == path}
        return len(kinds) > 1 and self.body not in _FORMS

    def _use(self, path: tuple[str, ...]) -> str:
        self.foreign = True
        sources = [self.parameters[binding.parameter] for binding in self.bindings if binding.path == path]
        self.reads_body |= any(each.source == "body" and each.extractor is None for each in sources)
        self.reads_text |= any(each.source == "body" and each.extractor is not None for each in sources)
        return self.used.setdefault(path, f"v{len(self.used) + 1}")

    def _from_body(self, variable: Variable, source: Source) -> str:
        if not self.body_fields:
            if self._nested(variable) or self.any_route:
                return "nil"
            hint = (
                f"known: {', '.join(known)}" if (known := sorted(self._known())) else "the function has no parameters"
            )
            raise source.error(variable.at, f"nothing can supply '{variable.name}'", hint)
        self.reads_body = True
        return body_field(variable.path)

    def _nested(self, variable: Variable) -> list[Binding]:
        length = len(variable.path)
        return [b for b in self.bindings if b.path[:length] == variable.path and len(b.path) > length]

    def _with_nested(self, variable: Variable, base: str) -> str:
        """Put the parameters whose names nest in *variable* into its value."""
        names = dict.fromkeys(b.path for b in self._nested(variable))
        return self._object(base, [name[len(variable.path) :] for name in names], variable.path)

    def _object(self, base: str, inner: list[tuple[str, ...]], prefix: tuple[str, ...], *, typed: bool = False) -> str:
        """The Lua variable of *base* with parameters in it: a copy that is made once, however often it is used."""
        if not inner:
            return base
        return self.objects.setdefault(self._with(base, inner, prefix, typed), f"o{len(self.objects) + 1}")

    def _with(self, base: str, inner: list[tuple[str, ...]], prefix: tuple[str, ...], typed: bool) -> str:
        values = {}
        for key in dict.fromkeys(path[0] for path in inner):
            deeper = [path[1:] for path in inner if path[0] == key and len(path) > 1]
            if deeper:
                values[key] = self._with(lua.call("gloo.field", base, lua.quoted(key)), deeper, (*prefix, key), typed)
            else:
                value = self._use((*prefix, key))
                values[key] = lua.call("gloo.typed", value) if typed else value
        keys = ", ".join(map(lua.quoted, values))
        return lua.call("gloo.with", base, f"{{{keys}}}", f"{{{', '.join(values.values())}}}")

    def _known(self) -> set[str]:
        return {".".join(binding.path) for binding in self.bindings} | set(self._free())

    def _free(self) -> Sequence[str]:
        return FREE if self.bindings and self.message == "request" else ()


def body_field(path: Sequence[str]) -> str:
    """The Lua expression of the field of the body that *path* leads to."""
    first, *rest = path
    return _fields(lua.field("fields", first), rest)


def _fields(base: str, names: Sequence[str]) -> str:
    for name in names:
        base = lua.call("gloo.field", base, lua.quoted(name))
    return base


def came_as_text(name: str) -> str:
    """The Lua variable that tells whether the variable *name*, of mixed sources, is text of the request."""
    return name.replace("v", "t", 1)


def free_source(path: tuple[str, ...]) -> str | None:
    """The Lua expression of a free variable; None if *path* is not one."""
    if path == ("path",):
        return 'gloo.path(headers:get(":path"))'
    return f'headers:get(":{path[0]}")' if len(path) == 1 and path[0] in FREE else None

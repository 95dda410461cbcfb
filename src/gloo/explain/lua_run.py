"""Functions at work without Envoy: the same programs, the same runtime, the same kind of Lua.

`handle.lua` stands for the handle that Envoy gives to a script.
"""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

import lupa.luajit21 as luajit

from gloo.envoy.jwt import PAYLOAD
from gloo.envoy.lua import LuaProgram
from gloo.explain.request import Request
from gloo.functions import whole_runtime_source
from gloo.model.base import Json, Value, replace

_JWT = "envoy.filters.http.jwt_authn"


class Answer(Value, frozen=True):
    """What a client gets, or what an upstream says; names of headers are in lower case."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    log: str = ""


class Rendered(Value, frozen=True):
    """What a program made of an answer.

    Args:
        rule: which of its response templates the answer is for, counted from 0; None where none is.
        whole: that template needs the body of the answer.
    """

    answer: Answer
    rule: int | None
    whole: bool


_PAIRS = b"""
local plain = pairs
function pairs(t)
  local meta = type(t) == "table" and getmetatable(t)
  if meta and meta.__pairs then return meta.__pairs(t) end
  return plain(t)
end
"""
"""Envoy's LuaJIT knows `__pairs`, by which a script walks over headers."""


class FunctionRuntime:
    """One Lua virtual machine with the runtime that Envoy gets."""

    def __init__(self) -> None:
        self._lua = luajit.LuaRuntime(encoding=None, unpack_returned_tuples=True)
        self._lua.execute(_PAIRS)
        self._gloo = self._lua.execute(whole_runtime_source().encode("ascii") + b"return gloo\n")
        handle = (files("gloo.explain") / "handle.lua").read_bytes()
        self._call = self._lua.compile(handle)

    def run(self, program: LuaProgram, request: Request) -> Request | Answer:
        """Return what *program* makes of *request*, or the answer where it refuses it."""
        return self.run_noting(program, request)[0]

    def run_noting(self, program: LuaProgram, request: Request) -> tuple[Request | Answer, bytes | None]:
        """Return the same as `run`, and what the program notes for the answer; None if it wants none."""
        named = ((":method", request.method), (":path", request.path), (":authority", request.host))
        scheme = ((":scheme", request.scheme),)
        table = self._table(program, (*named, *scheme, *request.headers), request.body)
        table[b"metadata"] = self._value({_JWT: {PAYLOAD: request.claims}} if request.claims else {})
        self._call(table, self._gloo)
        if table[b"answered"] is not None:
            return _answer(table), None
        headers = _texts(table[b"headers"])
        pseudo = {name: value for name, value in headers if name.startswith(":")}
        result = replace(
            request,
            method=pseudo[":method"],
            path=pseudo[":path"],
            host=pseudo[":authority"],
            headers=tuple((name, value) for name, value in headers if not name.startswith(":")),
            body=table[b"body"],
        )
        return result, table[b"notes"]

    def run_answer(self, program: LuaProgram, notes: bytes | None, answer: Answer) -> Rendered:
        """Return what *program* makes of *answer*, to the request that it left *notes* of."""
        table = self._table(program, ((":status", str(answer.status)), *answer.headers), answer.body or None)
        table[b"answers"], table[b"notes"] = True, notes
        self._call(table, self._gloo)
        headers = _texts(table[b"headers"])
        status = next(value for name, value in headers if name == ":status")
        kept = tuple(pair for pair in headers if pair[0] != ":status")
        log, rule = table[b"log"], table[b"rule"]
        made = Answer(int(status), kept, table[b"body"] or b"", _text(log) if log else "")
        return Rendered(made, None if rule is None else int(rule) - 1, bool(table[b"whole"]))

    def _table(self, program: LuaProgram, headers: Iterable[tuple[str, str]], body: bytes | None) -> Any:
        return self._lua.table_from(
            {
                b"id": program.id.encode(),
                b"source": program.source.encode(),
                b"headers": self._pairs(headers),
                b"body": body,
            }
        )

    def _value(self, value: Json) -> Any:
        """Return *value* as Envoy's metadata have it: all numbers are floats, and there is no null in a table."""
        if isinstance(value, Mapping):
            return self._lua.table_from({_bytes(key): self._value(each) for key, each in value.items()})
        if isinstance(value, list):
            return self._lua.table_from([self._value(each) for each in value])
        if isinstance(value, str):
            return _bytes(value)
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value

    def _pairs(self, headers: Iterable[tuple[str, str]]) -> Any:
        return self._lua.table_from([self._lua.table_from([_bytes(n), _bytes(v)]) for n, v in headers])


def _answer(table: Any) -> Answer:
    headers = _texts(table[b"answered"])
    status = next(value for name, value in headers if name == ":status")
    kept = tuple(sorted((name, value) for name, value in headers if name != ":status"))
    log = table[b"log"]
    return Answer(int(status), kept, table[b"answer"], _text(log) if log else "")


def _texts(pairs: Any) -> tuple[tuple[str, str], ...]:
    return tuple((_text(pair[1]), _text(pair[2])) for pair in pairs.values())


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")

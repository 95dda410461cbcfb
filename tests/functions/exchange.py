"""Runs a program over a request and its answer: the real runtime in LuaJIT, with a handle of our own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import lupa.luajit21 as lupa

from gloo.functions import FunctionTemplate, Parameter, compile_function, whole_runtime_source

_HANDLE = """
local stream, message, call = ...
local Headers = {__pairs = function(self) return next, self.all, nil end}
Headers.__index = Headers
function Headers:get(name) return self.all[name] end
function Headers:getNumValues(name) return self.all[name] and 1 or 0 end
function Headers:replace(name, value) self.all[name] = value end
function Headers:remove(name) self.all[name] = nil end
local headers = setmetatable({all = message.headers}, Headers)

local body = {}
function body:length() return #message.body end
function body:getBytes(from, length) return message.body:sub(from + 1, from + length) end
function body:setBytes(bytes) message.body = bytes end

local state = {}
function state:get(name) return stream[name] end -- metadata, too
function state:set(name, kind, value) stream[name] = value end

local handle = {}
function handle:filterContext() return {get = function(_, name) return message[name] end} end
function handle:headers() return headers end
function handle:body(always) return (always or message.body ~= "") and body or nil end
function handle:trailers() return nil end
local function either() return state end
function handle:streamInfo() return {filterState = either, dynamicMetadata = either} end
function handle:respond(answer) message.refused = answer["x-gloo-error"] end
function handle:logErr(text) error(text) end
_G[call](handle)
"""

_PAIRS = """
local plain = pairs
function pairs(table) -- Envoy's Lua knows __pairs
  local meta = getmetatable(table)
  if meta and meta.__pairs then return meta.__pairs(table) end
  return plain(table)
end
"""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer before or after the function; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@cache
def _lua() -> Any:
    runtime = lupa.LuaRuntime(encoding=None, unpack_returned_tuples=True)
    runtime.execute(_PAIRS.encode("ascii"))
    runtime.execute(whole_runtime_source().encode("ascii"))
    return runtime


@cache
def _handle() -> Any:
    return _lua().compile(_HANDLE.encode("ascii"))


class Exchange:
    """One request through the function *template*, and its answer.

    After `send`, *sent_body* is the body that went on, *refused* the code of the error in place of it.
    """

    def __init__(self, template: FunctionTemplate, parameters: tuple[Parameter, ...] = ()) -> None:
        self._program = compile_function(template, parameters)
        self._stream = _lua().table()
        self.sent_body = b""
        self.refused: str | None = None

    def note(self, namespace: str, fields: Mapping[str, object]) -> None:
        """Let another filter have noted *fields* of the request."""
        self._stream[namespace.encode()] = _lua().table_from(_encoded(fields), recursive=True)

    def send(
        self, method: str = "GET", path: str = "/", headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> dict[str, str]:
        """Send a request; return its headers as the upstream gets them, without the pseudo headers."""
        pseudo = {":method": method, ":path": path, ":authority": "example.org"}
        message = self._message({**pseudo, **(headers or {})}, body)
        _handle()(self._stream, message, b"envoy_on_request")
        self.sent_body, refused = message[b"body"], message[b"refused"]
        self.refused = refused.decode() if refused else None
        return {name: value for name, value in _texts(message).items() if not name.startswith(":")}

    def answer(self, reply: Reply) -> Reply:
        """Return what the client gets for *reply*."""
        message = self._message({":status": str(reply.status), **reply.headers}, reply.body)
        _handle()(self._stream, message, b"envoy_on_response")
        headers = _texts(message)
        return Reply(int(headers.pop(":status")), headers, message[b"body"])

    def _message(self, headers: Mapping[str, str], body: bytes) -> Any:
        encoded = {name.encode("latin-1"): value.encode("latin-1") for name, value in headers.items()}
        program = {b"id": self._program.id.encode(), b"source": self._program.source.encode()}
        return _lua().table_from({**program, b"headers": _lua().table_from(encoded), b"body": body})


def exchange(
    template: FunctionTemplate, reply: Reply, *, method: str = "GET", headers: Mapping[str, str] | None = None
) -> Reply:
    """Send a request through *template* and return what becomes of *reply*."""
    one = Exchange(template)
    one.send(method, headers=headers)
    return one.answer(reply)


def _encoded(value: Any) -> Any:
    match value:
        case dict():
            return {key.encode(): _encoded(each) for key, each in value.items()}
        case list():
            return [_encoded(each) for each in value]
    return value.encode() if isinstance(value, str) else value


def _texts(message: Any) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in message[b"headers"].items()}

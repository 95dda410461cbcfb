"""Runs programs as Envoy's Lua filter does: the real runtime in LuaJIT, with a handle of our own."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import lupa.luajit21 as lupa

from gloo.functions import FunctionTemplate, Parameter, Program, compile_function, runtime_source

LONGEST = float(os.environ.get("LONGEST_REQUEST_MS", "250")) / 1000
"""Seconds of CPU for one request, whatever is in it: what would take longer is refused.

On a machine with nothing else to do 10 ms hold, and are to be asked for there. By default only what grows without bound
fails, for tests say whether code is right, not how fast a machine is.
"""
HANDLE = """
local request = ...
local Headers = {}
Headers.__index = Headers
function Headers:get(name) return self[name] end
function Headers:getNumValues(name) return self[name] and 1 or 0 end
function Headers:replace(name, value) self[name] = value end
function Headers:remove(name) self[name] = nil end
function Headers:iterator() return next, self, nil end
local headers = setmetatable(request.headers, Headers)

local Body = {}
Body.__index = Body
function Body:length() return #self.bytes end
function Body:getBytes(from, length) return self.bytes:sub(from + 1, from + length) end
function Body:setBytes(bytes) self.bytes = bytes end

local handle = {}
function handle:filterContext() return {get = function(_, name) return request[name] end} end
function handle:headers() return headers end
function handle:body(always)
  if not request.body and not always then return nil end
  request.buffer = request.buffer or setmetatable({bytes = request.body or ""}, Body)
  return request.buffer
end
function handle:trailers() return nil end
function handle:respond(answer, body)
  request.status, request.code, request.answer = answer[":status"], answer["x-gloo-error"], body
end
function handle:streamInfo() return {dynamicMetadata = function() return {get = function() end} end} end
function handle:logErr(text) request.log = text end

envoy_on_request(handle)
request.body = request.buffer and request.buffer.bytes or request.body
"""


@dataclass(frozen=True, slots=True)
class Request:
    """A request before or after the function; header names in lower case, text as bytes in latin-1."""

    path: str = "/"
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request: it went on as *request*, or was answered with *status*, *code* and *answer*."""

    request: Request
    status: int | None = None
    code: str | None = None
    answer: bytes = b""
    log: str | None = None


class Gateway:
    """One Lua VM with the runtime, of which *change* may open what is local."""

    def __init__(self, change: Callable[[str], str] = str) -> None:
        self.lua = lupa.LuaRuntime(encoding=None, unpack_returned_tuples=True)
        self.lua.execute(change(runtime_source()).encode("ascii"))
        self._call = self.lua.compile(HANDLE.encode("ascii"))

    def send(self, program: Program, request: Request) -> Outcome:
        """Send *request* through *program*."""
        headers = {":path": request.path, ":method": request.method, ":authority": "example.org", **request.headers}
        table = self.lua.table_from(
            {
                b"id": program.id.encode(),
                b"source": program.source.encode(),
                b"headers": self.lua.table_from({k.encode("latin-1"): v.encode("latin-1") for k, v in headers.items()}),
                b"body": request.body,
            }
        )
        self._call(table)
        after = {k.decode("latin-1"): v.decode("latin-1") for k, v in table[b"headers"].items()}
        return outcome(after, {key: table[key] for key in (b"body", b"status", b"code", b"answer", b"log")})


def outcome(headers: Mapping[str, str], after: Mapping[bytes, bytes | None]) -> Outcome:
    """Return what became of a request: the *headers* that it has then, and what else the handle found out."""
    others = {name: value for name, value in headers.items() if name not in (":path", ":method")}
    status, code, log = after[b"status"], after[b"code"], after[b"log"]
    return Outcome(
        Request(headers[":path"], headers[":method"], others, after[b"body"]),
        int(status) if status else None,
        code.decode() if code else None,
        after[b"answer"] or b"",
        log.decode("latin-1") if log else None,
    )


def call(
    gateway: Gateway,
    request: Request,
    *,
    path: str | None = None,
    headers: Sequence[tuple[str, str]] = (),
    body: str | None = None,
    parameters: Sequence[Parameter] = (),
) -> Outcome:
    """Compile a function and send *request* through it."""
    template = FunctionTemplate("pets/find", path, tuple(headers), body)
    return gateway.send(compile_function(template, parameters), request)

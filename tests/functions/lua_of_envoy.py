"""Runs programs in the LuaJIT that Envoy has, many of them with one request: the real runtime, with the same handle."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from tests.functions.envoy_gateway import DEADLINE, TYPE, port_of
from tests.functions.gateway import HANDLE, Outcome, Request, outcome

from gloo.functions import Program, runtime_source
from gloo.proxy.binary import find_envoy

_SCRIPT = f"""
local real_request = envoy_on_request
local function run(...)
  local envoy_on_request = real_request
{HANDLE}
end

function envoy_on_request(handle)
  local buffer, at, out = handle:body(), 1, {{}}
  local text = buffer:getBytes(0, buffer:length())
  local function read()
    local colon = text:find(":", at, true)
    local length = tonumber(text:sub(at, colon - 1))
    at = colon + 1 + length
    return text:sub(colon + 1, at - 1)
  end
  local function write(field)
    field = tostring(field or "")
    out[#out + 1] = #field .. ":" .. field
  end
  local id, source = read(), read()
  while at <= #text do
    local request = {{id = id, source = source, headers = {{}}}}
    for _ = 1, tonumber(read()) do
      local name = read()
      request.headers[name] = read()
    end
    request.body = read()
    run(request)
    for _, field in ipairs({{"body", "status", "code", "answer", "log"}}) do write(request[field]) end
    local count = 0
    for _ in pairs(request.headers) do count = count + 1 end
    write(count)
    for name, value in pairs(request.headers) do write(name) write(value) end
  end
  handle:respond({{[":status"] = "200"}}, table.concat(out))
end
"""
_LONGEST = 2**23  # bytes of one request with all that it holds


@dataclass(frozen=True, slots=True)
class LuaOfEnvoy:
    """A running Envoy with one worker."""

    connection: HTTPConnection

    def send(self, program: Program, requests: Sequence[Request]) -> list[Outcome]:
        """Send *requests*, which have a body, through *program*."""
        fields = [program.id.encode(), program.source.encode()]
        for request in requests:
            headers = {":path": request.path, ":method": request.method, ":authority": "example.org", **request.headers}
            texts = [str(len(headers)), *(text for pair in headers.items() for text in pair)]
            fields += [text.encode("latin-1") for text in texts]
            fields.append(request.body or b"")
        self.connection.request("POST", "/", b"".join(b"%d:%s" % (len(field), field) for field in fields))
        response = self.connection.getresponse()
        content = response.read()
        assert response.status == 200, content
        told = _fields(content)
        return [_outcome(told) for _ in requests]


def _outcome(told: Iterator[bytes]) -> Outcome:
    after = {name: next(told) for name in (b"body", b"status", b"code", b"answer", b"log")}
    headers = [(next(told).decode("latin-1"), next(told).decode("latin-1")) for _ in range(int(next(told)))]
    return outcome(dict(headers), after)


def _fields(content: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(content):
        colon = content.index(b":", at)
        at = colon + 1 + int(content[at:colon])
        yield content[colon + 1 : at]


@contextmanager
def lua_of_envoy(folder: Path) -> Iterator[LuaOfEnvoy]:
    """Run Envoy with its files in *folder*."""
    config, admin = folder / "envoy.json", folder / "admin"
    config.write_text(json.dumps(_bootstrap(admin)))
    command = [str(find_envoy()), "-c", str(config), "--concurrency", "1", "--use-dynamic-base-id", "-l", "warn"]
    with (folder / "log").open("wb") as log:
        envoy = subprocess.Popen(command, stderr=log)
    try:
        with closing(HTTPConnection("127.0.0.1", port_of(admin, envoy), timeout=DEADLINE)) as connection:
            yield LuaOfEnvoy(connection)
    finally:
        envoy.terminate()
        envoy.wait(DEADLINE)


def _bootstrap(admin: Path) -> object:
    script = {"@type": f"{TYPE}.http.lua.v3.Lua", "default_source_code": {"inline_string": runtime_source() + _SCRIPT}}
    route = {"match": {"prefix": "/"}, "direct_response": {"status": 500}, "request_body_buffer_limit": _LONGEST}
    manager = {
        "@type": f"{TYPE}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "test",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]},
        "http_filters": [
            {"name": "lua", "typed_config": script},
            {"name": "router", "typed_config": {"@type": f"{TYPE}.http.router.v3.Router"}},
        ],
    }
    listener = {
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
        "per_connection_buffer_limit_bytes": _LONGEST,
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
    return {"admin": {"address": {"pipe": {"path": str(admin)}}}, "static_resources": {"listeners": [listener]}}

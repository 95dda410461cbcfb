-- What Envoy's Lua filter gives to a script, for one message: `request` holds it before and after. It is an answer where
-- `answers` says so. Header values that stand under one name are one value, joined by commas, as Envoy's `headers:get`
-- has them.

local request, gloo = ...
local concat, remove, insert = table.concat, table.remove, table.insert

local Headers = {}
Headers.__index = Headers

-- In a request Envoy has one header of both names.
local function key(name)
  name = name:lower()
  return name == "host" and not request.answers and ":authority" or name
end

local function values(self, name)
  local found = {}
  for _, pair in ipairs(self.pairs) do
    if pair[1] == name then found[#found + 1] = pair[2] end
  end
  return found
end

function Headers:get(name)
  local found = values(self, key(name))
  if #found == 0 then return nil end
  return concat(found, ",")
end

function Headers:getAtIndex(name, index) return values(self, key(name))[index + 1] end
function Headers:getNumValues(name) return #values(self, key(name)) end
function Headers:add(name, value) insert(self.pairs, {key(name), value}) end

function Headers:remove(name)
  name = key(name)
  for index = #self.pairs, 1, -1 do
    if self.pairs[index][1] == name then remove(self.pairs, index) end
  end
end

function Headers:replace(name, value)
  name = key(name)
  local first
  for index = #self.pairs, 1, -1 do
    if self.pairs[index][1] == name then
      if first then remove(self.pairs, first) end
      first = index
    end
  end
  if first then self.pairs[first][2] = value else self:add(name, value) end
end

function Headers:iterator()
  local index = 0
  return function()
    index = index + 1
    local pair = self.pairs[index]
    if pair then return pair[1], pair[2] end
  end
end

Headers.__pairs = Headers.iterator

local headers = setmetatable({pairs = request.headers}, Headers)

local Body = {}
Body.__index = Body
function Body:length() return #self.bytes end
function Body:getBytes(from, length) return self.bytes:sub(from + 1, from + length) end
function Body:setBytes(bytes)
  self.bytes = bytes
  if not request.answers then headers:replace("content-length", tostring(#bytes)) end
  return #bytes
end

local metadata = request.metadata or {}
local dynamic = {}
function dynamic:get(filter) return metadata[filter] end
function dynamic:set(filter, key, value)
  metadata[filter] = metadata[filter] or {}
  metadata[filter][key] = value
end

local state = {} -- what the request leaves for its answer; the runtime has one key
function state:get() return request.notes end
function state:set(_, _, notes) request.notes = notes end

local stream = {}
function stream:dynamicMetadata() return dynamic end
function stream:filterState() return state end
function stream:protocol() return "HTTP/1.1" end

local handle = {}
function handle:filterContext() return {get = function(_, name) return request[name] end} end
function handle:headers() return headers end
function handle:streamInfo() return stream end
function handle:body(always)
  if not request.body and not always then return nil end
  request.buffer = request.buffer or setmetatable({bytes = request.body or ""}, Body)
  return request.buffer
end
function handle:trailers() return nil end
function handle:respond(answer, body)
  request.answered = {}
  for name, value in pairs(answer) do insert(request.answered, {name, value}) end
  request.answer = body or ""
end
local function log(_, text) request.log = text end
for _, level in ipairs({"Trace", "Debug", "Info", "Warn", "Err", "Critical"}) do handle["log" .. level] = log end

-- The first rule of the program that is for the answer, and whether it needs the body.
local function note_rule()
  local status = tonumber(headers:get(":status"))
  for index, rule in ipairs(gloo.program_of(handle:filterContext()).responses or {}) do
    if rule.matches(status, headers) then
      request.rule, request.whole = index, rule.reads_body or rule.writes_body
      return
    end
  end
end

if request.answers then
  note_rule()
  envoy_on_response(handle)
else
  envoy_on_request(handle)
end
if request.buffer and not request.answered then request.body = request.buffer.bytes end

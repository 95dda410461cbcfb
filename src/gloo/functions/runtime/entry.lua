-- What Envoy calls. A program comes with its route (filterContext), is compiled when it is first needed and kept by its
-- id, which is the hash of its text. There are two generations of programs: when the young one is full it becomes
-- the old one, and what is still in use moves back; so the cache is bounded and never empty.

local loadstring, pcall, type, tostring = loadstring, pcall, type, tostring

local GENERATION = 4096
local young, old, count = {}, {}, 0

local function load_program(source)
  local chunk, problem = loadstring(source, "=gloo program")
  if not chunk then error(problem) end
  return chunk(gloo)
end

function gloo.program_of(context)
  local id = context:get("id")
  local program = young[id]
  if program or not id then return program end
  program = old[id] or load_program(context:get("source"))
  if count >= GENERATION then young, old, count = {}, young, 0 end
  young[id], count = program, count + 1
  return program
end

local function quote(s) return gloo.json_value(s) end

-- Counts a failure by its code and by its function, where Envoy's Lua has counters (since 1.40).
local function count_failure(handle, code, name)
  if not handle.stats then return end
  local stats = handle:stats()
  stats:counter("function_errors." .. code):inc()
  if name ~= "" then stats:counter("function." .. name .. ".errors"):inc() end
end

-- The status, code and JSON text for `failure`; anything but a failure of ours is a bug, told to the log and not to the client.
function gloo.error_answer(handle, program, failure)
  local status, code, message, place = 500, "internal", "the function failed", ""
  if type(failure) == "table" then
    status, code, message = failure.status, failure.code, failure.message
    local site = failure.site and program.sites[failure.site]
    if site then
      message = "'" .. site[1] .. "' " .. message
      place = ',"parameter":' .. quote(site[1]) .. ',"field":' .. quote(site[2])
        .. ',"line":' .. site[3] .. ',"column":' .. site[4]
    end
  else
    handle:logErr("function " .. program.name .. ": " .. tostring(failure))
  end
  count_failure(handle, code, program.name)
  return status, code, '{"error":' .. quote(code) .. ',"message":' .. quote(message)
    .. ',"function":' .. quote(program.name) .. place .. "}"
end

local function refuse(handle, program, failure)
  local status, code, body = gloo.error_answer(handle, program, failure)
  if program.responses then gloo.refused(handle) end
  handle:respond({[":status"] = tostring(status), ["content-type"] = "application/json", ["x-gloo-error"] = code}, body)
end

-- The failure of a body that is longer than `limits` have it.
function gloo.too_long(limits)
  local message = "the body is longer than " .. limits.longest .. " bytes"
  return {status = 413, code = "too_large", message = message}
end

local BROKEN = {name = "", sites = {}}

function envoy_on_request(handle)
  local loaded, program = pcall(gloo.program_of, handle:filterContext())
  if not loaded then return refuse(handle, BROKEN, program) end
  if not program then return end
  local body, text -- the body first: waiting for it ends the life of the headers object
  if program.writes_body then body = handle:body(true) elseif program.reads_body then body = handle:body() end
  local headers = handle:headers()
  if body and program.reads_body then
    local length = body:length()
    if length > program.longest then return refuse(handle, program, gloo.too_long(program)) end
    text = body:getBytes(0, length)
    local encoding = text ~= "" and headers:get("content-encoding")
    if encoding and encoding ~= "identity" then
      return refuse(handle, program, {status = 415, code = "encoded_body", message = "the body is compressed"})
    end
  end
  if program.responses then gloo.remember(handle, program, headers) end
  gloo.refill(program.work)
  gloo.handle = handle
  local rendered, result = pcall(program.request, headers, text)
  if not rendered then return refuse(handle, program, result) end
  if program.responses and headers:get(":method") == "HEAD" then gloo.sent_as_head(handle) end
  if result then
    body:setBytes(result)
    if result == "" then headers:remove("content-type") end
  end
end

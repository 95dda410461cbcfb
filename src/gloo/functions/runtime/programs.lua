-- The programs. One comes with its route (filterContext), is compiled when it is first needed and kept by its id,
-- which is the hash of its text. There are two generations: when the young one is full it becomes the old one, and what is
-- still in use moves back; so the cache is bounded and never empty.

local loadstring, type, tostring = loadstring, type, tostring

local GENERATION = 4096
local young, old, count, before = {}, {}, 0, 0 -- and how many programs the two have

local function load_program(source)
  local chunk, problem = loadstring(source, "=gloo program")
  if not chunk then error(problem) end
  return chunk(gloo)
end

-- The collector goes over all that lives when there is as much garbage. Little lives here, so that it would come round
-- every 200 requests: it waits for two megabytes at least.
local REST, OWN, EACH = 2048, 0, 4 -- KB: of garbage, of the runtime, of a program

local function pace()
  collectgarbage("setpause", 100 + 100 * math.max(1, REST / (OWN + EACH * (count + before))))
end

-- To be called when the runtime is all there.
function gloo.paced()
  collectgarbage()
  OWN = collectgarbage("count")
  pace()
end

-- The program of a route; nil if its route names none.
function gloo.program_of(context)
  local id = context:get("id")
  local program = young[id]
  if program or not id then return program end
  program = old[id] or load_program(context:get("source"))
  program.id = id
  if count >= GENERATION then young, old, count, before = {}, young, 0, count end
  young[id], count = program, count + 1
  pace()
  return program
end

-- The program called `id`, if it was used lately. To know one costs no protected call.
function gloo.program_called(id) return young[id] end

local function quote(s) return gloo.json_value(s) end

-- Counts a failure by its code and by its function, where Envoy's Lua has counters (since 1.40).
local function count_failure(handle, code, name)
  if not handle.stats then return end
  local stats = handle:stats()
  stats:counter("function_errors." .. code):inc()
  if name ~= "" then stats:counter("function." .. name .. ".errors"):inc() end
end

-- The status, code and JSON text for `failure`; anything but a failure of ours is a bug, told to the log and not to the client.
-- `of_answer`: it is the upstream's answer that can't be made, which is no fault of the client.
function gloo.error_answer(handle, program, failure, of_answer)
  gloo.refill(math.huge) -- what failed may have spent all
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
  if of_answer then
    status, message = status == 500 and 500 or 502, message:gsub("^the body", "the answer")
  end
  count_failure(handle, code, program.name)
  return status, code, '{"error":{"status":' .. status .. ',"reason":' .. quote(code) .. ',"message":' .. quote(message)
    .. ',"function":' .. quote(program.name) .. place .. "}}"
end

gloo.broken = {name = "", sites = {}} -- stands for a program that can't be loaded

-- The failure of a body that is longer than `longest` bytes.
function gloo.too_long(longest)
  local message = "the body is longer than " .. longest .. " bytes"
  return {status = 413, code = "too_large", message = message}
end

-- A header, empty if it is missing; in a loop it costs.
function gloo.header(headers, name)
  gloo.spend(20 + #name / 4)
  local value = headers:get(name) or ""
  gloo.spend(#value / 16)
  return value
end

-- The notes of a request for its answer are one text in the filter state, which costs less than metadata: the program, the
-- method, and the headers of the request that the answer asks for, each in a line: no header holds a line break. The
-- program alone stands for an answer with a body and no such headers. Where Envoy makes the request, it writes them too.
-- An answer without notes is none of the function's.
local NOTES = "gloo.function"

local function state(handle) return handle:streamInfo():filterState() end

function gloo.notes_of(handle) return state(handle):get(NOTES) end
function gloo.remember(handle, notes) state(handle):set(NOTES, "envoy.string", notes) end

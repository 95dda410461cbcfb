-- The two halves of a call that no client waits for (gloo.envoy.later): the request that is answered 202, and its copy,
-- which has a mark and goes on to the function. Both wait for the whole request, and whichever has it first decides
-- whether the call may start; so the client is told what happens. The count is of one worker, whose calls meet here.

local ASK, RUN, CALL_ID, MARKS = "x-gloo-ask", "x-gloo-run", "x-gloo-call-id", "gloo.later"
local UNKNOWN = "gloo-later" -- the route of requests whose own one is not there yet, or no more

-- The calls under way: by id, what Envoy handed over for each, which it lets go of when the call ends in whatever way.
-- Most end with the headers of an answer. One that breaks off, as while a function waits for the body of its answer,
-- tells the script nothing: it is found missing when the worker seems full, once a second at most.
local calls = setmetatable({}, {__mode = "v"})
local under_way, counted_at = 0, 0

local function is_full()
  local now = os.time()
  if under_way < MOST_UNDER_WAY or now == counted_at then return under_way >= MOST_UNDER_WAY end
  collectgarbage()
  under_way, counted_at = 0, now
  for _ in pairs(calls) do under_way = under_way + 1 end
  return under_way >= MOST_UNDER_WAY
end

local function start(id, handle)
  calls[id], under_way = handle, under_way + 1
  handle:streamInfo():dynamicMetadata():set(MARKS, "started", id)
end

-- Decisions of which one half has not been told yet. A half may never ask, as when the client has gone: such a
-- decision is forgotten when two thousand newer ones have been made.
local MOST_OPEN = 1000
local recent, older, made = {}, {}, 0

-- Returns why the call must not start, or "" if it may; both halves are told the same. *known*: this half has its route.
local function decision(id, known)
  local decided = recent[id] or older[id]
  if decided then
    recent[id], older[id] = nil, nil
    return decided
  end
  if made >= MOST_OPEN then recent, older, made = {}, recent, 0 end
  decided = not known and "route_changed" or is_full() and "too_many_calls" or ""
  recent[id], made = decided, made + 1
  return decided
end

local function answer(handle, status, body, more)
  local headers = {[":status"] = status, ["content-type"] = "application/json"}
  for name, value in pairs(more) do headers[name] = value end
  handle:respond(headers, body)
end

local MESSAGES = {route_changed = "the route has just changed", too_many_calls = "too many calls are under way"}

local function refuse(handle, reason)
  local body = '{"error":{"status":503,"message":"' .. MESSAGES[reason] .. '","reason":"' .. reason .. '"}}'
  answer(handle, "503", body, {["retry-after"] = "1"})
end

-- What the copy has in its headers because it is one.
local function as_sent(headers)
  headers:remove(ASK)
  headers:remove(RUN)
  local forwarded = headers:get("x-forwarded-for")
  if forwarded then headers:replace("x-forwarded-for", (forwarded:gsub(",[^,]*$", ""))) end
end

function envoy_on_request(handle)
  handle:body()
  local headers = handle:headers()
  local id = headers:get(CALL_ID)
  local known = handle:streamInfo():routeName() ~= UNKNOWN
  local refused = decision(id, known)
  if refused ~= "" then return refuse(handle, refused) end
  if not headers:get(RUN) then
    return answer(handle, "202", '{"call_id":"' .. id .. '"}', {[CALL_ID] = id})
  end
  handle:streamInfo():dynamicMetadata():set(MARKS, "promised", true)
  if not known then return refuse(handle, "route_changed") end -- the client has been told 202: for the log
  as_sent(headers)
  start(id, handle)
end

function envoy_on_response(handle)
  local marks = handle:streamInfo():dynamicMetadata():get(MARKS)
  local id = marks and marks.started
  if id and calls[id] then calls[id], under_way = nil, under_way - 1 end
end

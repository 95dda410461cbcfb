-- What Envoy calls for an answer. The rules of a program are tried in order, the first that is for this answer is
-- rendered whole, and only then anything is changed. A rule that needs the body leaves answers alone that have none.

local pcall, pairs, tonumber, tostring = pcall, pairs, tonumber, tostring
local sub, find = string.sub, string.find

local BODILESS = {[101] = true, [204] = true, [304] = true}

-- The program that made the request of an answer, whether the answer has a body, and the headers that were kept. Without
-- notes there is none. Where it can't be loaded, the first value is false, and the fourth says why.
local function recall(handle)
  local notes = gloo.notes_of(handle)
  if not notes then return nil end
  local whole = gloo.program_called(notes)
  if whole then return whole, true, gloo.empty end
  local stop = find(notes, "\n", 1, true) or #notes + 1
  local program, loaded = gloo.program_called(sub(notes, 1, stop - 1)), true
  if not program then loaded, program = pcall(gloo.program_of, handle:filterContext()) end
  local kept, from = gloo.empty, stop + 1
  stop = find(notes, "\n", from, true) or #notes + 1
  local has_body = sub(notes, from, stop - 1) ~= "HEAD"
  if not loaded then return false, has_body, nil, program end
  if #program.kept > 0 then kept = {} end
  for i = 1, #program.kept do
    from = stop + 1
    stop = find(notes, "\n", from, true) or #notes + 1
    kept[program.kept[i]] = sub(notes, from, stop - 1)
  end
  return program, has_body, kept
end

-- A status that a template made; one that forbids a body must be a constant.
function gloo.status(status, site)
  if not status:match("^[2-5]%d%d$") or BODILESS[tonumber(status)] then
    gloo.fail(400, "bad_value", "is not a status from 200 to 599 with a body", site)
  end
  return status
end

function gloo.starts(value, start) return value ~= nil and sub(value, 1, #start) == start end

local answered, ours -- of the answer that is being rendered: its status, and whether no upstream made it

-- The fields of an upstream's answer; an error page that is not JSON has none, nor has an error of the gateway's own.
function gloo.answer_fields(text)
  if answered < 400 then return gloo.fields(text) end
  if ours then return gloo.empty, gloo.empty end
  local parsed, fields, whole = pcall(gloo.fields, text)
  if parsed then return fields, whole end
  return gloo.empty, gloo.empty
end

-- The rule for an answer with this status, and whether it needs the body.
local function rule_for(program, status, headers)
  for i = 1, #program.responses do
    local rule = program.responses[i]
    if rule.matches(status, headers) then
      local whole = rule.reads_body or rule.writes_body
      return (not whole or not BODILESS[status]) and rule or nil, whole
    end
  end
end

-- Takes what the filter before this one knew of the host out of the answer's headers.
local function take_hosts(program, headers)
  local found = {}
  for i = 1, #program.hosts do
    local name = "x-gloo-host-" .. i
    found[program.hosts[i]] = headers:get(name)
    headers:remove(name)
  end
  return found
end

-- Takes away the trailers of a body that is none of the answer's any more.
local function drop_trailers(handle)
  local trailers, names = handle:trailers(), {}
  if not trailers then return end
  for name in pairs(trailers) do names[#names + 1] = name end
  for i = 1, #names do trailers:remove(names[i]) end
end

-- Answers with an error in place of the upstream's answer, of which nothing is left. The client of a HEAD gets no body.
local function replace_answer(handle, program, failure, has_body)
  local status, code, text = gloo.error_answer(handle, program, failure, true)
  local body, headers, names = gloo.whole_body(handle), handle:headers(), {}
  for name in pairs(headers) do
    if sub(name, 1, 1) ~= ":" then names[#names + 1] = name end
  end
  for i = 1, #names do headers:remove(names[i]) end
  headers:replace(":status", tostring(status))
  headers:replace("content-type", "application/json")
  headers:replace("x-gloo-error", code)
  body:setBytes(has_body and text or "")
  drop_trailers(handle)
  if not has_body then headers:remove("content-length") end
end

-- Takes away a length that is none of the answer's: that of the body which a 304 stands for, where it is none any more,
-- and that of a 204 (RFC 9110, section 8.6). `before`: its status as it came.
local function correct_length(headers, before, replaced)
  local status = tonumber(headers:get(":status"))
  if (before == 304 and status ~= 304 and not replaced) or (status == 204 and replaced) then
    headers:remove("content-length")
  end
end

-- An answer that is none of the function's: it was refused before, or by the function itself.
local function pass_on(handle)
  local loaded, program = pcall(gloo.program_of, handle:filterContext())
  if loaded and program and program.hosts then take_hosts(program, handle:headers()) end
end

function envoy_on_response(handle)
  if gloo.cold then gloo.warm_up() end
  local program, has_body, kept, problem = recall(handle)
  if problem then return replace_answer(handle, gloo.broken, problem, has_body) end
  if not program then return pass_on(handle) end
  local headers = handle:headers()
  local hosts = program.hosts and take_hosts(program, headers)
  local status = tonumber(headers:get(":status"))
  local rule, whole = rule_for(program, status, headers)
  if not rule or (whole and not has_body) then return end
  local body, text, encoding
  if whole then
    body = gloo.whole_body(handle)
    headers = handle:headers() -- waiting for the body ended the life of the first
    encoding = headers:get("content-encoding")
    if rule.reads_body then
      local length = body:length()
      if length > rule.longest then return replace_answer(handle, program, gloo.too_long(rule.longest), has_body) end
      text = body:getBytes(0, length)
    end
    if encoding and text and text ~= "" and encoding ~= "identity" then
      local failure = {status = 502, code = "encoded_body", message = "the answer is compressed"}
      return replace_answer(handle, program, failure, has_body)
    end
  end
  gloo.refill(rule.work, rule.sound)
  gloo.handle, answered = handle, status
  ours = status >= 400 and headers:get("x-gloo-error") ~= nil and headers:get("x-envoy-upstream-service-time") == nil
  local rendered, result = pcall(rule.render, headers, text, kept, hosts)
  if rendered and result and #result > gloo.most_made then rendered, result = false, gloo.too_much end
  if not rendered then return replace_answer(handle, program, result, has_body) end
  if result then
    if encoding then headers:remove("content-encoding") end
    body:setBytes(result)
    drop_trailers(handle)
    if result == "" then headers:remove("content-type") end
  end
  if status == 304 or result == "" then correct_length(headers, status, result) end
end

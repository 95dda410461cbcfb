-- What Envoy calls for an answer. The rules of a program are tried in order, the first that is for this answer is
-- rendered whole, and only then anything is changed. A rule that needs the body leaves answers alone that have none.

local pcall, pairs, tonumber, sub = pcall, pairs, tonumber, string.sub

local NAMESPACE = "gloo.function"
local BODILESS = {[101] = true, [204] = true, [304] = true}

local metadata = function(handle) return handle:streamInfo():dynamicMetadata() end

-- Notes of the request what its answer needs. An answer without these notes is none of the function's.
function gloo.remember(handle, program, headers)
  local notes = metadata(handle)
  notes:set(NAMESPACE, "method", headers:get(":method"))
  for i = 1, #program.kept do
    local value = headers:get(program.kept[i])
    if value then notes:set(NAMESPACE, program.kept[i], value) end
  end
end

-- Notes that the answer has no body because the function asked for none.
function gloo.sent_as_head(handle) metadata(handle):set(NAMESPACE, "method", "HEAD") end

-- Notes that the answer to come is one of ours.
function gloo.refused(handle) metadata(handle):set(NAMESPACE, "method", "") end

-- An answer that will be read must come whole and not compressed.
function gloo.ask_plain(headers)
  headers:remove("accept-encoding")
  headers:remove("range")
end

-- A status that a template made; one that forbids a body must be a constant.
function gloo.status(status, site)
  if not status:match("^[2-5]%d%d$") or BODILESS[tonumber(status)] then
    gloo.fail(400, "bad_value", "is not a status from 200 to 599 with a body", site)
  end
  return status
end

function gloo.starts(value, start) return value ~= nil and sub(value, 1, #start) == start end

-- The fields of an upstream's answer; an error page that is not JSON has none.
function gloo.answer_fields(headers, text)
  if tonumber(headers:get(":status")) < 400 then return gloo.fields(text) end
  local parsed, fields = pcall(gloo.fields, text)
  return parsed and fields or gloo.empty
end

local function rule_for(program, headers)
  local status = tonumber(headers:get(":status"))
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

-- Answers with an error in place of the upstream's answer, of which nothing is left.
local function replace_answer(handle, program, failure)
  local status, code, text = gloo.error_answer(handle, program, failure)
  local body, headers, names = handle:body(true), handle:headers(), {}
  for name in pairs(headers) do
    if sub(name, 1, 1) ~= ":" then names[#names + 1] = name end
  end
  for i = 1, #names do headers:remove(names[i]) end
  headers:replace(":status", status == 500 and "500" or "502")
  headers:replace("content-type", "application/json")
  headers:replace("x-gloo-error", code)
  body:setBytes(text)
end

local function put(headers, body, text)
  headers:remove("content-encoding")
  body:setBytes(text)
  if text == "" then headers:remove("content-type") end
end

function envoy_on_response(handle)
  local loaded, program = pcall(gloo.program_of, handle:filterContext())
  if not loaded or not program or not program.responses then return end
  local hosts = program.hosts and take_hosts(program, handle:headers())
  local notes = metadata(handle):get(NAMESPACE)
  if not notes or notes.method == "" then return end
  local headers = handle:headers()
  local rule, whole = rule_for(program, headers)
  if not rule or (whole and notes.method == "HEAD") then return end
  local body, text
  if whole then
    body = handle:body(true)
    headers = handle:headers() -- waiting for the body ended the life of the first
    if rule.reads_body then
      local length = body:length()
      if length > rule.longest then return replace_answer(handle, program, gloo.too_long(rule)) end
      text = body:getBytes(0, length)
    end
    local encoding = text and text ~= "" and headers:get("content-encoding")
    if encoding and encoding ~= "identity" then
      return replace_answer(handle, program, {status = 502, code = "encoded_body", message = "the answer is compressed"})
    end
  end
  gloo.refill(rule.work)
  gloo.handle = handle
  local rendered, result = pcall(rule.render, headers, text, notes, hosts)
  if not rendered then return replace_answer(handle, program, result) end
  if result then put(headers, body, result) end
end

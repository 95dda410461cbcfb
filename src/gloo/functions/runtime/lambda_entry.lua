-- What Envoy calls on the way to a Lambda function and back; a filter of the cluster signs the call. The function and
-- the shapes of its events and answers come with the route (filterContext).

local byte, sub, gsub, tostring, tonumber, pcall, pairs, type =
  string.byte, string.sub, string.gsub, tostring, tonumber, pcall, pairs, type

local KEPT = {["content-type"] = true, ["content-length"] = true, ["user-agent"] = true,
  ["x-request-id"] = true, ["x-forwarded-for"] = true, ["x-forwarded-proto"] = true}

local LAMBDA_WORK = 1e8 -- bodies are bounded by what Lambda takes; a second of work would still be a fault

-- Lambda's own interface gets no header of the client's: one could choose how a function is called (x-amz-...), or
-- spoil the signature.
local function strip(headers)
  local names = {}
  for name in pairs(headers) do
    if byte(name) ~= 58 and not KEPT[name] then names[#names + 1] = name end
  end
  for i = 1, #names do headers:remove(names[i]) end
end

-- Makes the request a call of the function; a filter of the cluster signs it.
local function call(headers, path)
  strip(headers)
  headers:replace(":method", "POST")
  headers:replace(":path", path)
end

local function address_of(stream)
  local address = gsub(stream:downstreamRemoteAddress(), ":%d+$", "")
  return (gsub(address, "^%[(.*)%]$", "%1"))
end

local function quote(text) return gloo.json_value(text) end

local function error_body(failure, name)
  gloo.refill(LAMBDA_WORK) -- what failed may have spent all
  return '{"error":{"status":' .. failure.status .. ',"reason":' .. quote(failure.code) .. ',"message":'
    .. quote(failure.message) .. ',"function":' .. quote(name)
    .. (failure.kind and ',"type":' .. quote(failure.kind) or "") .. "}}"
end

-- A failure of ours as it is; anything else is a bug, told to the log and not to the client.
local function failure_of(handle, name, failure)
  if type(failure) == "table" then return failure end
  handle:logErr("function " .. name .. ": " .. tostring(failure))
  return {status = 500, code = "internal", message = "the function failed"}
end

local function event_of(handle, shape, body, owner)
  local request = gloo.request_of(handle:headers())
  local stream = handle:streamInfo()
  request.body = body:getBytes(0, body:length())
  request.base64 = function(bytes) return handle:base64Escape(bytes) end
  request.address, request.protocol = address_of(stream), stream:protocol()
  request.millis = tonumber(handle:timestamp())
  request.account, request.region = owner[1], owner[2]
  return gloo.events[shape](request)
end

-- The request without an event of ours. Lambda wants to know the length of a body that came in pieces, too.
local function pass_on(handle, body, path)
  call(handle:headers(), path)
  body:setBytes(body:getBytes(0, body:length()))
end

local TRAILERS = {status = 400, code = "trailers", message = "a call with trailers can't be signed"}

local function refuse(handle, name, failure)
  local fields = {[":status"] = tostring(failure.status), ["content-type"] = "application/json"}
  fields["x-gloo-error"] = failure.code
  handle:respond(fields, error_body(failure, name))
end

-- The call is a POST whatever the client's method is, and Envoy hands its answer's body to the client of a HEAD, too.
local HEADS = "gloo.lambda"

local function note_head(handle)
  if handle:headers():get(":method") == "HEAD" then
    handle:streamInfo():dynamicMetadata():set(HEADS, "head", true)
  end
end

local function is_head(handle) return handle:streamInfo():dynamicMetadata():get(HEADS) ~= nil end

local function without_body(handle, body)
  body:setBytes("")
  handle:headers():remove("content-length") -- it is not the one that a GET would get
end

function envoy_on_request(handle)
  local context = handle:filterContext()
  local name, shape, path = context:get("function"), context:get("request"), context:get("path")
  if not name then return end
  note_head(handle)
  local owner = {context:get("account"), context:get("region")}
  local body = gloo.whole_body(handle) -- waiting for it ends the life of all objects before
  if handle:trailers() then return refuse(handle, name, TRAILERS) end
  if not gloo.events[shape] then return pass_on(handle, body, path) end
  gloo.refill(LAMBDA_WORK)
  local made, event = pcall(event_of, handle, shape, body, owner)
  if not made then return refuse(handle, name, failure_of(handle, name, event)) end
  body:setBytes(event)
  local headers = handle:headers()
  call(headers, path)
  headers:replace("content-type", "application/json")
end

-- The answer's headers, without those of Lambda's interface.
local function clear(headers)
  local names = {}
  for name in pairs(headers) do
    if byte(name) ~= 58 and sub(name, 1, 8) ~= "x-envoy-" and name ~= "retry-after" and name ~= "date"
      and name ~= "content-length" and name ~= "transfer-encoding" then names[#names + 1] = name end
  end
  for i = 1, #names do headers:remove(names[i]) end
end

local function tell(handle, body, name, failure)
  if failure.log then
    local what = "function " .. name .. ": " .. failure.code .. " " .. failure.kind .. ": "
    handle:logWarn(what .. gsub(sub(failure.log, 1, 500), "%c", " "))
  end
  local headers = handle:headers()
  clear(headers)
  headers:replace(":status", tostring(failure.status))
  headers:replace("content-type", "application/json")
  headers:replace("x-gloo-error", failure.code)
  if failure.status == 429 and not headers:get("retry-after") then headers:replace("retry-after", "1") end
  body:setBytes(error_body(failure, name))
end

local function give(handle, body, answer)
  local headers = handle:headers()
  clear(headers)
  headers:remove("retry-after")
  headers:replace(":status", tostring(answer.status))
  local set = {}
  for i = 1, #answer.headers do
    local name, value = answer.headers[i][1], answer.headers[i][2]
    if set[name] then headers:add(name, value) else headers:replace(name, value) end
    set[name] = true
  end
  body:setBytes(answer.body)
  if answer.status == 204 then headers:remove("content-length") end -- RFC 9110, section 8.6
end

-- What Lambda itself refused, or a function that failed, as what tells it from the body; nil for an answer.
local function failed(headers)
  local status = tonumber(headers:get(":status"))
  if status < 300 then return headers:get("x-amz-function-error") and gloo.function_error end
  local error_type = headers:get("x-amzn-errortype")
  return function(text) return gloo.lambda_error(status, error_type, text) end
end

local function translate(handle, body, name, failing, unwrap, asked)
  local text = body:getBytes(0, body:length())
  gloo.refill(LAMBDA_WORK)
  if failing then return tell(handle, body, name, failing(text)) end
  local done, answer = pcall(unwrap, text, asked)
  if done then return give(handle, body, answer) end
  tell(handle, body, name, failure_of(handle, name, answer))
end

function envoy_on_response(handle)
  local context, headers = handle:filterContext(), handle:headers()
  local failing, unwrap, head = failed(headers), gloo.answers[context:get("response")], is_head(handle)
  if not failing and not unwrap and not head then return end
  if not headers:get("x-envoy-upstream-service-time") then return end -- the gateway's own answer
  local name, asked = context:get("function"), context:get("request")
  if not name then return end
  local body = gloo.whole_body(handle)
  if failing or unwrap then translate(handle, body, name, failing, unwrap, asked) end
  if head then without_body(handle, body) end
end

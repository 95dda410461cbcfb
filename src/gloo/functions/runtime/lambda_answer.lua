-- Answers of Lambda functions: what API Gateway, an Application Load Balancer and Envoy's own Lambda filter make of a
-- function's result, and what a client is told when Lambda or the function failed.

local byte, sub, find, lower, floor = string.byte, string.sub, string.find, string.lower, math.floor
local type, tonumber, pairs = type, tonumber, pairs
local null = gloo.null
local ffi = require("ffi")
local rshift = require("bit").rshift

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local BLANK, PAD, BAD = -1, -2, -3
local DIGIT = ffi.new("int8_t[256]")
for code = 0, 255 do DIGIT[code] = BAD end
for i = 1, 64 do DIGIT[byte(ALPHABET, i)] = i - 1 end
for _, code in pairs({9, 10, 13, 32}) do DIGIT[code] = BLANK end
DIGIT[61] = PAD

-- The bytes of a Base64 text (RFC 4648, section 4; line ends and blanks are passed over), or nil if it is none.
local function decode_base64(s)
  local out = gloo.paper_for(floor(#s * 3 / 4) + 3)
  local bits, count, length, padded = 0, 0, 0, false
  for i = 1, #s do
    local digit = DIGIT[byte(s, i)]
    if digit == BAD or (digit >= 0 and padded) then return nil end
    if digit == PAD then padded = true end
    if digit >= 0 then
      bits, count = bits * 64 + digit, count + 1
      if count == 4 then
        out[length], out[length + 1], out[length + 2] = rshift(bits, 16), rshift(bits, 8) % 256, bits % 256
        bits, count, length = 0, 0, length + 3
      end
    end
  end
  if count == 1 then return nil end
  if count == 2 then out[length], length = rshift(bits, 4), length + 1 end
  if count == 3 then
    out[length], out[length + 1], length = rshift(bits, 10), rshift(bits, 2) % 256, length + 2
  end
  return ffi.string(out, length)
end

local function malformed(problem) gloo.fail(502, "malformed_answer", "the function's answer " .. problem) end

local function is_object(value) return type(value) == "table" and value[0] == nil end
local function is_array(value) return type(value) == "table" and type(value[0]) == "number" end
local function given(value) return value ~= nil and value ~= null end

local function status_of(value)
  local status = type(value) == "string" and find(value, "^%d%d%d$") and tonumber(value) or value
  if type(status) ~= "number" or status ~= floor(status) or status < 200 or status > 599 then
    malformed("has no statusCode between 200 and 599")
  end
  return status
end

-- Those that belong to the connection, not to the answer.
local UNTOUCHABLE = {["content-length"] = true, ["transfer-encoding"] = true, connection = true, upgrade = true,
  te = true, trailer = true, ["keep-alive"] = true, ["proxy-connection"] = true}

-- Adds `value` to the list of pairs `out`; nothing a function writes can end a header and begin another.
local function add_header(out, name, value)
  if not find(name, "^[%w!#$%%&'*+.^_`|~-]+$") then malformed("has a header name that is none") end
  if not given(value) then return end
  if type(value) == "table" and type(value[0]) ~= "string" then malformed("has a header that is no text: " .. name) end
  local text = gloo.trimmed(gloo.text(value))
  if find(text, "[%z\1-\8\10-\31\127]") then malformed("has a control character in the header " .. name) end
  name = lower(name)
  if not UNTOUCHABLE[name] then out[#out + 1] = {name, text} end
end

local function object_in(answer, key)
  local found = answer[key]
  if not given(found) then return gloo.empty end
  if not is_object(found) then malformed("has " .. key .. " that are no object") end
  return found
end

local function list_in(value, what)
  if not given(value) then return {[0] = 0} end
  if not is_array(value) then malformed("has " .. what .. " that are no list") end
  return value
end

-- All headers; a pair that stands in both maps counts once, as API Gateway has it.
local function headers_of(answer)
  local out, seen = {}, {}
  local several = object_in(answer, "multiValueHeaders")
  for i = 1, #several do
    local values = list_in(several[several[i]], "multiValueHeaders." .. several[i])
    for j = 1, values[0] do
      add_header(out, several[i], values[j])
      if type(values[j]) == "string" then seen[lower(several[i]) .. ":" .. values[j]] = true end
    end
  end
  local single = object_in(answer, "headers")
  for i = 1, #single do
    local value = single[single[i]]
    if type(value) ~= "string" or not seen[lower(single[i]) .. ":" .. value] then add_header(out, single[i], value) end
  end
  local cookies = list_in(answer.cookies, "cookies")
  for i = 1, cookies[0] do add_header(out, "set-cookie", cookies[i]) end
  return out
end

local function body_of(answer)
  local body = answer.body
  if not given(body) then return "" end
  if type(body) ~= "string" then body = gloo.json_value(body) end
  if answer.isBase64Encoded ~= true then return body end
  return decode_base64(body) or malformed("has a body that is not Base64, though isBase64Encoded says so")
end

local function unwrapped(answer, default_type)
  local out = {status = status_of(answer.statusCode), headers = headers_of(answer), body = body_of(answer)}
  if out.status == 204 or out.status == 304 then out.body = "" end
  for i = 1, #out.headers do
    if out.headers[i][1] == "content-type" then return out end
  end
  if out.body ~= "" then out.headers[#out.headers + 1] = {"content-type", default_type} end
  return out
end

local function parsed(text)
  local read, value = pcall(gloo.parse, text)
  if not read then malformed("is not JSON") end
  return value
end

local JSON = "application/json"

-- The fields that Envoy's own filter knows under the names of API Gateway; a header has one value or a list of them.
local function of_envoy(answer)
  local single, several = {}, {}
  local headers = object_in(answer, "headers")
  for i = 1, #headers do
    local name, value = headers[i], headers[headers[i]]
    local map = is_array(value) and several or single
    map[#map + 1], map[name] = name, value
  end
  return {statusCode = given(answer.status_code) and answer.status_code or 200, headers = single,
    multiValueHeaders = several, cookies = answer.cookies, body = answer.body,
    isBase64Encoded = answer.is_base64_encoded}
end

gloo.answers = {
  envoy = function(text)
    local answer = parsed(text)
    if not is_object(answer) then malformed("is no object") end
    return unwrapped(of_envoy(answer), JSON)
  end,
  -- Format 2.0 takes a result without statusCode for the body, format 1.0 does not.
  api_gateway = function(text, asked)
    local answer = parsed(text)
    if is_object(answer) and given(answer.statusCode) then return unwrapped(answer, JSON) end
    if asked == "api_gateway_v1" then malformed("has no statusCode") end
    if type(answer) == "string" then text = answer end
    return {status = 200, headers = {{"content-type", JSON}}, body = text}
  end,
  alb = function(text)
    local answer = parsed(text)
    if not is_object(answer) then malformed("is no object") end
    return unwrapped(answer, "application/octet-stream")
  end,
}

local function member(text, key)
  local read, value = pcall(gloo.parse, text)
  local found = read and is_object(value) and value[key]
  return type(found) == "string" and found or nil
end

-- The type of an error as far as it is a plain name: `KeyError`, `java.lang.Error`, `*errors.errorString`.
local function plain_name(text)
  return text and string.match(sub(text, 1, 100), "^[%w._$*/-]+")
end

-- What became of the function that raised an error: its type is told to the client, its message to the log alone.
function gloo.function_error(text)
  return {status = 502, code = "function_error", message = "the function failed",
    kind = plain_name(member(text, "errorType")) or "Unhandled", log = member(text, "errorMessage")}
end

local STATUS = {[429] = {429, "throttled", "the function is called too often"},
  [413] = {413, "too_large", "the request is too large for a function"}}

-- What Lambda says in place of an answer: of interest to a client are the limits, and a body that Lambda can't read.
function gloo.lambda_error(status, error_type, text)
  local kind = plain_name(error_type or member(text, "__type")) or "Unknown" -- a colon and an address may follow
  local known = STATUS[status] or {502, "lambda_error", "the function can't be called"}
  if status == 400 and kind == "InvalidRequestContentException" then
    known = {400, "bad_body", "the function takes JSON only"}
  end
  return {status = known[1], code = known[2], message = known[3], kind = kind,
    log = status .. " " .. (member(text, "message") or member(text, "Message") or "")}
end

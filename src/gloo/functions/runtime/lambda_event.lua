-- Requests as the events that Lambda functions know: those of API Gateway (payload formats 1.0 and 2.0) and of an
-- Application Load Balancer. A function can't tell ours from theirs; what only AWS knows is left out or says `gloo`.

local byte, sub, find, gsub, char, lower = string.byte, string.sub, string.find, string.gsub, string.char, string.lower
local concat, floor, tonumber, pairs, date = table.concat, math.floor, tonumber, pairs, os.date
local null = gloo.null

-- A new object with these pairs of key and value; a nil value leaves its key out.
local function object(...)
  local made, values = {}, {...}
  for i = 1, select("#", ...), 2 do
    local key, value = values[i], values[i + 1]
    if value ~= nil then
      made[#made + 1] = key
      made[key] = value
    end
  end
  return made
end

local function is_utf8(s)
  local i, n = 1, #s
  while i <= n do
    if byte(s, i) < 128 then i = i + 1 else i = gloo.character_end(s, i) end
    if not i then return false end
  end
  return true
end

local function of_latin(c)
  local code = byte(c)
  return char(0xC0 + floor(code / 64), 0x80 + code % 64)
end

-- Bytes of the client as text; what is no UTF-8 is read as ISO-8859-1, which everything is.
local function as_text(s)
  if is_utf8(s) then return s end
  return (gsub(s, "[\128-\255]", of_latin))
end

local function unescape_hex(digits) return char(tonumber(digits, 16)) end

local function decode(s)
  return as_text((gsub(gsub(s, "%+", " "), "%%(%x%x)", unescape_hex)))
end

-- Texts by key, in the order in which the keys came: {first key, ..., [key] = {first text, ...}}.
local function gather(held, key, text)
  local texts = held[key]
  if not texts then
    held[#held + 1], texts = key, {}
    held[key] = texts
  end
  texts[#texts + 1] = text
end

local function query_of(query, read)
  local held = {}
  for pair in query:gmatch("[^&]+") do
    local equals = find(pair, "=", 1, true) or #pair + 1
    gather(held, read(sub(pair, 1, equals - 1)), read(sub(pair, equals + 1)))
  end
  return held
end

-- All headers of the client's, and the host among them; those that Envoys tell each other are none.
local function headers_of(headers, authority)
  local held = {}
  gather(held, "host", authority)
  for name, value in pairs(headers) do
    if byte(name) ~= 58 and sub(name, 1, 8) ~= "x-envoy-" then gather(held, name, as_text(value)) end
  end
  return held
end

local function last(texts) return texts[#texts] end
local function joined(texts) return concat(texts, ",") end
local function all(texts)
  local copy = {[0] = #texts}
  for i = 1, #texts do copy[i] = texts[i] end
  return copy
end

-- An object of what `pick` makes of the texts of each key; `empty` if there are none.
local function map(held, pick, empty)
  if #held == 0 then return empty end
  local made = {}
  for i = 1, #held do made[i], made[held[i]] = held[i], pick(held[held[i]]) end
  return made
end

local function take_cookies(held)
  local found = {[0] = 0}
  for _, header in pairs(held.cookie or {}) do
    for cookie in header:gmatch("[^;]+") do
      found[0] = found[0] + 1
      found[found[0]] = gsub(cookie, "^%s+", "")
    end
  end
  return found[0] > 0 and found or nil
end

local function without(held, name)
  local rest = {}
  for i = 1, #held do
    if held[i] ~= name then rest[#rest + 1], rest[held[i]] = held[i], held[held[i]] end
  end
  return rest
end

local TEXT = {["application/json"] = true, ["application/javascript"] = true, ["application/xml"] = true}

-- Whether a body goes into the event as it is. An ALB and format 2.0 judge by its type, format 1.0 takes all text.
local function is_plain(request, by_type)
  local encoding, kind = request.first("content-encoding"), request.first("content-type") or ""
  kind = lower(gsub(kind, "%s*;.*$", ""))
  if encoding and encoding ~= "identity" then return false end
  if by_type and not TEXT[kind] and sub(kind, 1, 5) ~= "text/" then return false end
  return is_utf8(request.body)
end

-- The body as the event has it, and whether that is Base64.
local function body_of(request, by_type)
  if request.body == "" then return nil, false end
  if is_plain(request, by_type) then return request.body, false end
  return request.base64(request.body), true
end

local function domain_of(authority) return (gsub(authority, ":%d+$", "")) end
local function time_of(request) return date("!%d/%b/%Y:%H:%M:%S +0000", floor(request.millis / 1000)) end

local function api_gateway_v2(request)
  local body, encoded = body_of(request, true)
  local domain = domain_of(request.authority)
  local query = query_of(request.query, decode)
  local http = object("method", request.method, "path", request.path, "protocol", request.protocol,
    "sourceIp", request.address, "userAgent", request.first("user-agent") or "")
  local context = object("accountId", request.account, "apiId", "gloo", "domainName", domain,
    "domainPrefix", (gsub(domain, "%..*$", "")), "http", http, "requestId", request.first("x-request-id") or "",
    "routeKey", "$default", "stage", "$default", "time", time_of(request), "timeEpoch", request.millis)
  return object("version", "2.0", "routeKey", "$default", "rawPath", request.path, "rawQueryString", request.query,
    "cookies", take_cookies(request.headers), "headers", map(without(request.headers, "cookie"), joined, {}),
    "queryStringParameters", map(query, joined), "requestContext", context, "body", body, "isBase64Encoded", encoded)
end

local function api_gateway_v1(request)
  local body, encoded = body_of(request, false)
  local domain = domain_of(request.authority)
  local query = query_of(request.query, decode)
  local id = request.first("x-request-id") or ""
  local identity = object("sourceIp", request.address, "userAgent", request.first("user-agent") or null)
  local context = object("accountId", request.account, "apiId", "gloo", "domainName", domain,
    "domainPrefix", (gsub(domain, "%..*$", "")), "extendedRequestId", id, "httpMethod", request.method,
    "identity", identity, "path", request.path, "protocol", request.protocol, "requestId", id,
    "requestTime", time_of(request), "requestTimeEpoch", request.millis, "resourceId", "gloo",
    "resourcePath", "/{proxy+}", "stage", "$default")
  return object("version", "1.0", "resource", "/{proxy+}", "path", request.path, "httpMethod", request.method,
    "headers", map(request.headers, last, {}), "multiValueHeaders", map(request.headers, all, {}),
    "queryStringParameters", map(query, last, null), "multiValueQueryStringParameters", map(query, all, null),
    "requestContext", context, "pathParameters", object("proxy", sub(request.path, 2)), "stageVariables", null,
    "body", body or null, "isBase64Encoded", encoded)
end

-- A load balancer does not decode the query. Its target group says whether names have one value or all of them.
local function load_balancer(request, several)
  local body, encoded = body_of(request, true)
  local query, pick = query_of(request.query, as_text), several and all or last
  local prefix = several and "multiValue" or ""
  local query_name = several and "multiValueQueryStringParameters" or "queryStringParameters"
  local headers_name = several and "multiValueHeaders" or "headers"
  local group = "arn:aws:elasticloadbalancing:" .. request.region .. ":" .. request.account .. ":targetgroup/gloo/gloo"
  return object("requestContext", object("elb", object("targetGroupArn", group)), "httpMethod", request.method,
    "path", request.path, query_name, map(query, pick, {}), headers_name, map(request.headers, pick, {}),
    "body", body or "", "isBase64Encoded", encoded)
end

gloo.events = {
  api_gateway_v2 = api_gateway_v2,
  api_gateway_v1 = api_gateway_v1,
  alb = function(request) return load_balancer(request, false) end,
  alb_multi_value = function(request) return load_balancer(request, true) end,
}

-- Bytes of the client in the places that hold text anyway: the request without its body.
function gloo.request_of(headers)
  local path = as_text(headers:get(":path"))
  local authority = as_text(headers:get(":authority") or "")
  local held = headers_of(headers, authority)
  local mark = find(path, "?", 1, true)
  return {
    method = headers:get(":method"),
    authority = authority,
    path = mark and sub(path, 1, mark - 1) or path,
    query = mark and sub(path, mark + 1) or "",
    headers = held,
    first = function(name) return held[name] and held[name][1] end,
  }
end

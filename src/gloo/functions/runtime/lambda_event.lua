-- Requests as the events that Lambda functions know: those of API Gateway (payload formats 1.0 and 2.0), of an
-- Application Load Balancer, and of Envoy's own Lambda filter. A function can't tell ours from theirs; what only AWS
-- knows is left out or says `gloo`. Events are joined from texts, and texts are searched by patterns: tables of values
-- and loops over bytes took longer than all that Envoy does for a call.

local byte, sub, find, gsub, char, lower = string.byte, string.sub, string.find, string.gsub, string.char, string.lower
local format, concat, floor, tonumber, date = string.format, table.concat, math.floor, tonumber, os.date
local pairs, setmetatable = pairs, setmetatable

local function is_utf8(s)
  local i = find(s, "[\128-\255]")
  while i do
    i = gloo.character_end(s, i)
    if not i then return false end
    i = find(s, "[\128-\255]", i)
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

local ESCAPES = setmetatable({['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t"}, {
  __index = function(_, c) return format("\\u%04x", byte(c)) end,
})

-- A text as a JSON string (RFC 8259); it must be UTF-8.
local function quote(s)
  if find(s, '[%z\1-\31"\\]') then s = gsub(s, '[%z\1-\31"\\]', ESCAPES) end
  return '"' .. s .. '"'
end

local function unescape_hex(digits) return char(tonumber(digits, 16)) end

local function decode(s)
  if not find(s, "[%%+]") then return as_text(s) end
  return as_text((gsub(gsub(s, "%+", " "), "%%(%x%x)", unescape_hex)))
end

-- Texts by key, in the order in which the keys came: {first key, ..., [key] = {first text, ...}}.
local function gather(held, key, text)
  local texts = held[key]
  if texts then
    texts[#texts + 1] = text
  else
    held[#held + 1], held[key] = key, {text}
  end
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
  local held = {"host", host = {authority}}
  for name, value in pairs(headers) do
    if byte(name) ~= 58 and sub(name, 1, 8) ~= "x-envoy-" then gather(held, name, as_text(value)) end
  end
  return held
end

-- What an event has of the texts of one name.
local function last(texts) return quote(texts[#texts]) end
local function joined(texts) return quote(texts[2] and concat(texts, ",") or texts[1]) end
local function all(texts)
  local parts = {}
  for i = 1, #texts do parts[i] = quote(texts[i]) end
  return "[" .. concat(parts, ",") .. "]"
end

-- The object of what `pick` makes of the texts of each name, but of the name `except`; `empty` if it would have none.
local function map(held, pick, empty, except)
  local parts, count = {}, 0
  for i = 1, #held do
    local name = held[i]
    if name ~= except then
      count = count + 1
      parts[count] = quote(name) .. ":" .. pick(held[name])
    end
  end
  return count > 0 and "{" .. concat(parts, ",") .. "}" or empty
end

local function cookies_of(held)
  local found = {}
  for _, header in pairs(held.cookie or {}) do
    for cookie in header:gmatch("[^;]+") do found[#found + 1] = gsub(cookie, "^%s+", "") end
  end
  return found[1] and all(found)
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

-- The end of every event: the body if it is not empty, and whether it is Base64.
local function ending(request, by_type, empty)
  if request.body == "" then return (empty and ',"body":' .. empty or "") .. ',"isBase64Encoded":false}' end
  if is_plain(request, by_type) then return ',"body":' .. quote(request.body) .. ',"isBase64Encoded":false}' end
  return ',"body":"' .. request.base64(request.body) .. '","isBase64Encoded":true}'
end

local function time_of(request) return date("!%d/%b/%Y:%H:%M:%S +0000", floor(request.millis / 1000)) end

-- What both formats of API Gateway have in `requestContext`.
local function context_of(request)
  local domain = gsub(request.authority, ":%d+$", "")
  return '{"accountId":' .. quote(request.account)
    .. ',"apiId":"gloo","stage":"$default","domainName":' .. quote(domain)
    .. ',"domainPrefix":' .. quote((gsub(domain, "%..*$", "")))
    .. ',"requestId":' .. quote(request.first("x-request-id") or "")
end

local function api_gateway_v2(request)
  local cookies, query = cookies_of(request.headers), map(query_of(request.query, decode), joined)
  return concat({
    '{"version":"2.0","routeKey":"$default","rawPath":', quote(request.path),
    ',"rawQueryString":', quote(request.query),
    cookies and ',"cookies":' or "", cookies or "",
    ',"headers":', map(request.headers, joined, "{}", "cookie"),
    query and ',"queryStringParameters":' or "", query or "",
    ',"requestContext":', context_of(request), ',"routeKey":"$default","http":{"method":', quote(request.method),
    ',"path":', quote(request.path), ',"protocol":', quote(request.protocol),
    ',"sourceIp":', quote(request.address), ',"userAgent":', quote(request.first("user-agent") or ""),
    '},"time":"', time_of(request), '","timeEpoch":', format("%.0f", request.millis), "}",
    ending(request, true),
  })
end

local function api_gateway_v1(request)
  local query, path, agent = query_of(request.query, decode), quote(request.path), request.first("user-agent")
  return concat({
    '{"version":"1.0","resource":"/{proxy+}","path":', path, ',"httpMethod":', quote(request.method),
    ',"headers":', map(request.headers, last, "{}"), ',"multiValueHeaders":', map(request.headers, all, "{}"),
    ',"queryStringParameters":', map(query, last, "null"),
    ',"multiValueQueryStringParameters":', map(query, all, "null"),
    ',"requestContext":', context_of(request), ',"extendedRequestId":', quote(request.first("x-request-id") or ""),
    ',"httpMethod":', quote(request.method), ',"identity":{"sourceIp":', quote(request.address),
    ',"userAgent":', agent and quote(agent) or "null", '},"path":', path, ',"protocol":', quote(request.protocol),
    ',"requestTime":"', time_of(request), '","requestTimeEpoch":', format("%.0f", request.millis),
    ',"resourceId":"gloo","resourcePath":"/{proxy+}"},"pathParameters":{"proxy":', quote(sub(request.path, 2)),
    '},"stageVariables":null', ending(request, false, "null"),
  })
end

-- A load balancer does not decode the query. Its target group says whether names have one value or all of them.
local function load_balancer(request, several)
  local query, pick = query_of(request.query, as_text), several and all or last
  local group = "arn:aws:elasticloadbalancing:" .. request.region .. ":" .. request.account .. ":targetgroup/gloo/gloo"
  return concat({
    '{"requestContext":{"elb":{"targetGroupArn":', quote(group), '}},"httpMethod":', quote(request.method),
    ',"path":', quote(request.path),
    several and ',"multiValueQueryStringParameters":' or ',"queryStringParameters":', map(query, pick, "{}"),
    several and ',"multiValueHeaders":' or ',"headers":', map(request.headers, pick, "{}"),
    ending(request, true, '""'),
  })
end

local function envoy(request)
  local query = request.query ~= "" and "?" .. request.query or ""
  return concat({
    '{"raw_path":', quote(request.path .. query), ',"method":', quote(request.method),
    ',"headers":', map(request.headers, joined, "{}", "host"),
    ',"query_string_parameters":', map(query_of(request.query, decode), last, "{}"),
    (gsub(ending(request, true, '""'), '"isBase64Encoded":(%l+)}$', '"is_base64_encoded":%1}')),
  })
end

gloo.events = {
  envoy = envoy,
  api_gateway_v2 = api_gateway_v2,
  api_gateway_v1 = api_gateway_v1,
  alb = function(request) return load_balancer(request, false) end,
  alb_multi_value = function(request) return load_balancer(request, true) end,
}

-- The request without its body, all of it text.
function gloo.request_of(headers)
  local path, authority = as_text(headers:get(":path")), as_text(headers:get(":authority") or "")
  local held, mark = headers_of(headers, authority), find(path, "?", 1, true)
  return {
    method = headers:get(":method"),
    authority = authority,
    path = mark and sub(path, 1, mark - 1) or path,
    query = mark and sub(path, mark + 1) or "",
    headers = held,
    first = function(name) return held[name] and held[name][1] end,
  }
end

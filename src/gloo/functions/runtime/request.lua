-- The request as a source of values: path, query, cookies, authority, and patterns over them.
-- Everything here takes one pass over its text, whatever the client sends.

local byte, sub, find, gsub, char, lower = string.byte, string.sub, string.find, string.gsub, string.char, string.lower
local tonumber, type, put = tonumber, type, gloo.put

local UNESCAPED = {} -- by two hexadecimal digits
for high in string.gmatch("0123456789abcdefABCDEF", ".") do
  for low in string.gmatch("0123456789abcdefABCDEF", ".") do
    UNESCAPED[high .. low] = char(tonumber(high .. low, 16))
  end
end

-- Decodes percent-escapes; those that are none stay as they are.
local function decode_segment(s)
  if not find(s, "%", 1, true) then return s end
  gloo.spend(40 + #s * 6)
  return (gsub(s, "%%(%x%x)", UNESCAPED))
end

-- The same for a query, where a plus sign is a blank.
local function decode_value(s)
  if find(s, "+", 1, true) then
    gloo.spend(20 + #s * 4)
    s = gsub(s, "%+", " ")
  end
  return decode_segment(s)
end
gloo.decode_segment, gloo.decode_value = decode_segment, decode_value

-- The path of a request target, without its query.
function gloo.path(target)
  local stop = find(target, "?", 1, true)
  return stop and sub(target, 1, stop - 1) or target
end

-- Walks over the pairs of `s`, which stand between separators, to the first one called `name`.
local function lookup(s, start, separator, name, decode)
  local i, n = start, #s
  while i <= n do
    local stop = find(s, separator, i, true) or n + 1
    gloo.spend(18 + (stop - i) * 0.8)
    local pair = sub(s, i, stop - 1)
    local equals = find(pair, "=", 1, true) or #pair + 1
    local key = sub(pair, 1, equals - 1)
    if decode then
      if decode(key) == name then return decode(sub(pair, equals + 1)) end
    elseif (find(key, "[^ \t]") and sub(key, find(key, "[^ \t]"), -1)) == name then
      return (sub(pair, equals + 1))
    end
    i = stop + 1
  end
  return nil
end

-- The first query parameter called `name`, decoded.
function gloo.query(target, name)
  local stop = find(target, "?", 1, true)
  return stop and lookup(target, stop + 1, "&", name, decode_value) or nil
end

-- The fields of a form (application/x-www-form-urlencoded), decoded; of several equal names the first counts.
function gloo.form_fields(s)
  local fields, i = {}, 1
  if not s then return fields end
  while i <= #s do
    gloo.spend(100)
    local stop = find(s, "&", i, true) or #s + 1
    local pair = sub(s, i, stop - 1)
    local equals = find(pair, "=", 1, true) or #pair + 1
    local key = decode_value(sub(pair, 1, equals - 1))
    if stop > i and fields[key] == nil then
      fields[#fields + 1], fields[key] = key, decode_value(sub(pair, equals + 1))
    end
    i = stop + 1
  end
  return fields
end

-- All cookies of a request. A client of HTTP/1.1 may send several such headers, which Envoy would join by commas; they
-- are one list all the same (RFC 9113, section 8.2.3).
function gloo.cookies(headers)
  local count = headers:getNumValues("cookie")
  if count < 2 then return headers:get("cookie") end
  local lines = {}
  for index = 1, count do lines[index] = headers:getAtIndex("cookie", index - 1) end
  return (table.concat(lines, "; "))
end

-- The first cookie called `name`, as it was sent.
function gloo.cookie(header, name)
  return header and lookup(header, 1, ";", name) or nil
end

-- The host of an authority, in lower case and, unless `with_port`, without its port.
function gloo.host(authority, with_port)
  if not authority then return nil end
  authority = lower(authority)
  if with_port then return authority end
  return (gsub(authority, ":%d+$", ""))
end

local DECODE = {segment = decode_segment, value = decode_value}
local NOT_IN = {segment = "[/?]", value = "&"}

-- Where the last variable of a pattern over path and query stops, if it starts at `from`; nil if `literal` does not
-- follow it. The pattern matches the query from its start; more of the query may come behind it.
local function last_stop(s, from, literal, extent)
  local stop
  if extent == "value" then
    local ends = find(literal, "&", 1, true) or #literal + 1 -- where in it the value's own pair ends
    stop = (find(s, "&", from, true) or #s + 1) - ends + 1
  else
    stop = find(s, literal, from + 1, true)
  end
  local behind = stop and stop + #literal
  if not stop or stop <= from or sub(s, stop, behind - 1) ~= literal then return nil end
  return (behind > #s or byte(s, behind) == 38) and stop or nil
end

-- Matches `s` against a pattern: {start, {extent, until}, ...}, each variable up to the next literal; all of `s`, but for
-- the rest of a query. Returns the values in their order; an empty table if there is no match.
function gloo.match(s, pattern)
  local start = pattern[1]
  if not s or sub(s, 1, #start) ~= start then return gloo.empty end
  local found, from = {}, #start + 1
  for index = 2, #pattern do
    local extent, literal = pattern[index][1], pattern[index][2]
    if #s > 256 then gloo.spend(#s * #literal / 16) end
    local stop
    if index < #pattern then
      stop = find(s, literal, from + 1, true)
    elseif extent == "value" or (extent == "segment" and find(literal, "?", 1, true)) then
      stop = last_stop(s, from, literal, extent)
    else
      stop = #s - #literal + 1
      if sub(s, stop) ~= literal then stop = nil end
    end
    if not stop or stop <= from then return gloo.empty end
    local value = sub(s, from, stop - 1)
    if NOT_IN[extent] then
      if find(value, NOT_IN[extent]) then return gloo.empty end
      value = DECODE[extent](value)
    end
    found[index - 1], from = value, stop + #literal
  end
  return found
end

-- Sets a header; an empty text removes it.
function gloo.set(headers, name, value)
  if value ~= "" then
    local first, last = byte(value, 1), byte(value, #value)
    if first == 32 or first == 9 or last == 32 or last == 9 then value = gloo.trimmed(value) end
  end
  if value == "" then headers:remove(name) else headers:replace(name, value) end
end

-- Sets the type of a body that is not empty. Most often it has that type already, and to look costs less than to set.
function gloo.set_type(headers, body, media_type)
  if body ~= "" and headers:get("content-type") ~= media_type then headers:replace("content-type", media_type) end
end

-- Bodies made without a template -------------------------------------------------------------------------------------

-- Values are merged into an object; a body that is none would be lost.
function gloo.check_mergeable(fields, text)
  if fields == gloo.empty and text and text ~= "" then
    gloo.fail(400, "bad_body", "the body is not a JSON object, so nothing can be merged into it")
  end
end

-- Sets the field `key` of an object to a value that is JSON text; an empty text leaves it as it is.
function gloo.put_json(object, key, text)
  if find(text, "[^ \t\r\n]") then put(object, key, {[0] = text}) end -- printed as it is, as digits are
end

local WORDS = {["true"] = true, ["false"] = false, null = gloo.null}

-- A parameter as the JSON value that it is where one is due: text that is exactly a number, true, false or null is that.
function gloo.typed(text)
  if type(text) ~= "string" then return text end
  if WORDS[text] ~= nil then return WORDS[text] end
  return gloo.is_number(text) and {[0] = text} or text
end

-- Adds a pair to `last`, where the last value of a name counts, and to `several` all of its values if there are more.
local function gather(last, several, key, value)
  if last[key] ~= nil then
    local list = several[key] or {[0] = 1, last[key]}
    put(several, key, list)
    list[0], list[list[0] + 1] = list[0] + 1, value
  end
  put(last, key, value)
end

local function each_header(headers)
  local walk = getmetatable(headers).__pairs
  if walk then return walk(headers) end
  return headers:iterator()
end

-- Adds what the target says: the query as a whole and by its names.
local function add_target(object, target)
  local last, several, stop = {}, {}, find(target, "?", 1, true)
  local query = stop and sub(target, stop + 1) or ""
  for pair in string.gmatch(query, "[^&]+") do
    gloo.spend(100)
    local equals = find(pair, "=", 1, true) or #pair + 1
    gather(last, several, decode_value(sub(pair, 1, equals - 1)), decode_value(sub(pair, equals + 1)))
  end
  put(object, "queryString", query)
  put(object, "queryStringParameters", last)
  put(object, "multiValueQueryStringParameters", several)
  put(object, "path", gloo.path(target))
end

-- The JSON of an object with the headers and, unless it is empty, the body; with the request's line if wanted. The
-- sites are those of the headers and of the body.
function gloo.wrapped(headers, text, with_request, site, body_site)
  local last, several, object = {}, {}, {}
  for name, value in each_header(headers) do gather(last, several, name, value) end
  put(object, "headers", last)
  if with_request then
    put(object, "multiValueHeaders", several)
    put(object, "httpMethod", headers:get(":method"))
    add_target(object, headers:get(":path"))
  end
  if text and text ~= "" then put(object, "body", {[0] = gloo.json_value(text, body_site)}) end
  return gloo.json_value(object, site)
end

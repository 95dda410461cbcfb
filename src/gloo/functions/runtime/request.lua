-- The request as a source of values: path, query, cookies, authority, and patterns over them.
-- Everything here takes one pass over its text, whatever the client sends.

local byte, sub, find, gsub, char, lower = string.byte, string.sub, string.find, string.gsub, string.char, string.lower
local tonumber = tonumber

local function unescape_hex(digits) return char(tonumber(digits, 16)) end

-- Decodes percent-escapes; those that are none stay as they are.
local function decode_segment(s)
  if not find(s, "%", 1, true) then return s end
  return (gsub(s, "%%(%x%x)", unescape_hex))
end

-- The same for a query, where a plus sign is a blank.
local function decode_value(s)
  if find(s, "+", 1, true) then s = gsub(s, "%+", " ") end
  return decode_segment(s)
end

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
    local pair = sub(s, i, stop - 1)
    local equals = find(pair, "=", 1, true) or #pair + 1
    local key = sub(pair, 1, equals - 1)
    if decode then
      if decode(key) == name then return decode(sub(pair, equals + 1)) end
    elseif (find(key, "[^ \t]") and sub(key, find(key, "[^ \t]"), -1)) == name then
      return sub(pair, equals + 1)
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
  gloo.spend(#s / 2)
  while i <= #s do
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
local NOT_IN = {segment = "/", value = "&"}

-- Matches the whole of `s` against a pattern: {start, {extent, until}, ...}, each variable up to the next literal.
-- Returns the values in their order; an empty table if there is no match.
function gloo.match(s, pattern)
  local start = pattern[1]
  if not s or sub(s, 1, #start) ~= start then return gloo.empty end
  local found, from = {}, #start + 1
  for index = 2, #pattern do
    local extent, literal = pattern[index][1], pattern[index][2]
    local stop
    if index < #pattern then
      stop = find(s, literal, from + 1, true)
    else
      stop = #s - #literal + 1
      if sub(s, stop) ~= literal then stop = nil end
    end
    if not stop or stop <= from then return gloo.empty end
    local value = sub(s, from, stop - 1)
    if NOT_IN[extent] then
      if find(value, NOT_IN[extent], 1, true) then return gloo.empty end
      value = DECODE[extent](value)
    end
    found[index - 1], from = value, stop + #literal
  end
  return found
end

-- Sets a header; an empty text removes it.
function gloo.set(headers, name, value)
  if value == "" then headers:remove(name) else headers:replace(name, value) end
end

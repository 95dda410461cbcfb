-- Values as text for each place of a template. Every function here takes a value and the site it is printed at, and
-- returns text that can't leave its place.

local byte, sub, format, concat = string.byte, string.sub, string.format, table.concat
local type, pcall, find, match, gsub = type, pcall, string.find, string.match, string.gsub
local ffi, bit = require("ffi"), require("bit")
local cast, copy, text_of = ffi.cast, ffi.copy, ffi.string
local band, bor, bxor, bnot, rshift = bit.band, bit.bor, bit.bxor, bit.bnot, bit.rshift
local BYTES, WORDS, HIGH_BITS = ffi.typeof("const uint8_t *"), ffi.typeof("const int32_t *"), bit.tobit(0x80808080)
local buffer = require("string.buffer")
ffi.cdef("size_t strcspn(const char *text, const char *others); size_t strspn(const char *text, const char *others);")
local C = ffi.C
local text, null, character_end = gloo.text, gloo.null, gloo.character_end
local spend, is_number, paper_for = gloo.spend, gloo.is_number, gloo.paper_for

-- Tables from byte to replacement; false where the byte stands for itself.
local function replacements(replace)
  local map = {}
  for code = 0, 255 do map[code] = replace(code) or false end
  return map
end

local function rewrite(s, map)
  spend(#s * 0.75)
  local bytes, last, room = cast(BYTES, s), #s - 1, #s
  for i = 0, last do
    local new = map[bytes[i]]
    if new then room = room + #new - 1 end
  end
  local out, at = paper_for(room), 0
  for i = 0, last do
    local c = bytes[i]
    local new = map[c]
    if new then
      copy(out + at, new, #new)
      at = at + #new
    else
      out[at] = c
      at = at + 1
    end
  end
  if at ~= room then error(s) end -- can't be; but `s` is in use up to here, for a pointer alone keeps no text alive
  return (text_of(out, room))
end

local function substitute(s, map)
  spend(#s / 6)
  for i = 1, #s do
    if map[byte(s, i)] then return rewrite(s, map) end
  end
  return s
end

-- JSON -------------------------------------------------------------------------------------------------------------

local SHORT = {[8] = "\\b", [9] = "\\t", [10] = "\\n", [12] = "\\f", [13] = "\\r", [34] = '\\"', [92] = "\\\\"}
local JSON = replacements(function(code) return SHORT[code] or (code < 32 and format("\\u%04x", code)) end)

local ODD = replacements(function(code) return JSON[code] or code > 127 end)

-- Which of four bytes can't stand in a JSON string as they are: zero if none. A byte less than 32 borrows a high bit, and
-- so does one that a quote or a backslash makes zero. Bytes beyond ASCII count unless all values are sound.
local function hard_at(bytes, i)
  local word = cast(WORDS, bytes + i)[0]
  local quote, slash = bxor(word, 0x22222222), bxor(word, 0x5C5C5C5C)
  local hard = bor(word - 0x20202020, quote - 0x01010101, slash - 0x01010101)
  return (band(HIGH_BITS, gloo.sound and band(hard, bnot(word)) or bor(hard, word)))
end

local HARD, PLAIN = "", "" -- the characters of ASCII, for C, whose texts end at a zero
for code = 1, 127 do
  if JSON[code] then HARD = HARD .. string.char(code) else PLAIN = PLAIN .. string.char(code) end
end

-- Whether a text stands in a JSON string as it is; false may be wrong. Long ones are C's to look at. There is no loop here,
-- for LuaJIT compiles the loop of a template badly around another one.
local function is_plain(s, bytes, n)
  if n > 32 then return (gloo.sound and C.strcspn(s, HARD) or C.strspn(s, PLAIN)) == n end
  if n < 4 then
    local odd = gloo.sound and JSON or ODD
    return n == 0 or not (odd[bytes[0]] or odd[bytes[rshift(n, 1)]] or odd[bytes[n - 1]])
  end
  local hard = bor(hard_at(bytes, 0), hard_at(bytes, n - 4))
  if n > 8 then
    hard = bor(hard, hard_at(bytes, 4), hard_at(bytes, n - 8))
    if n > 16 then
      hard = bor(hard, hard_at(bytes, 8), hard_at(bytes, n - 12))
      if n > 24 then hard = bor(hard, hard_at(bytes, 12), hard_at(bytes, n - 16)) end
    end
  end
  return hard == 0
end

-- Escapes what can't stand in a JSON string as it is; refuses invalid UTF-8.
local function escape(s, site)
  local n, bytes = #s, cast(BYTES, s)
  spend(n / 16)
  if is_plain(s, bytes, n) then return s end
  spend(n / 8)
  local i, from, count, parts = 0, 0, 0, nil
  while i < n do
    if i + 4 <= n and hard_at(bytes, i) == 0 then
      i = i + 4
    else
      local c = bytes[i]
      local new = JSON[c]
      if c > 127 and not gloo.sound then
        local after = character_end(s, i + 1)
        if not after then gloo.fail(400, "bad_value", "is not valid UTF-8", site) end
        spend(2)
        i = after - 1
      elseif new then
        spend(14)
        parts = parts or {}
        parts[count + 1], parts[count + 2] = sub(s, from + 1, i), new
        count, i = count + 2, i + 1
        from = i
      else
        i = i + 1
      end
    end
  end
  if count == 0 then return s end
  parts[count + 1] = sub(s, from + 1)
  return (concat(parts))
end
gloo.escape = escape

function gloo.json_string(value, site)
  return escape(type(value) == "string" and value or text(value, site), site)
end

function gloo.json_key(value, site)
  return '"' .. escape(text(value, site), site) .. '"'
end

-- What a template builds can be deeper than any body, or the same list many times over: depth and work are bounded.
local DEEPEST = 200

-- The containers around the innermost one, the number of what was printed of them, and the number of their parts.
local outer, positions, counts = {}, {}, {}

local paper = buffer.new() -- one for all: nothing prints while something else is being printed

local function printed()
  local made = paper:get()
  if #made > 65536 then paper:free() end -- not to hold a large one's memory for ever
  return made
end

-- A value as JSON. All is one loop, as in the parser.
function gloo.json_value(value, site)
  local kind = type(value)
  if kind == "string" then return '"' .. escape(value, site) .. '"' end
  if kind ~= "table" then return text(value, site) end
  local depth, closed, inner, i, count = 0, false, false, 0, 0 -- `closed`: a container has just been completed
  paper:reset() -- what a failure has left
  while true do
    if not closed then
      kind = type(value)
      if kind == "string" then
        paper:put('"', escape(value, site), '"')
      elseif kind ~= "table" then
        paper:put(text(value, site))
      elseif value == null then
        paper:put("null")
      elseif type(value[0]) == "string" then
        spend(#value[0] / 16)
        paper:put(value[0])
      else
        if depth == DEEPEST then gloo.fail(400, "too_deep", "is nested deeper than 200 levels", site) end
        depth = depth + 1
        outer[depth], positions[depth], counts[depth] = inner, i, count
        inner, i, count = value, 0, value[0] or #value
        spend(40 + 20 * count)
        paper:put(value[0] and "[" or "{")
      end
    end
    if depth == 0 then return printed() end
    closed = i == count
    if closed then
      paper:put(inner[0] and "]" or "}")
      inner, i, count = outer[depth], positions[depth], counts[depth]
      outer[depth] = false
      depth = depth - 1
    else
      i = i + 1
      value = inner[i]
      if not inner[0] then
        paper:put(i == 1 and '"' or ',"', escape(value, site), '":')
        value = inner[value]
      elseif i > 1 then
        paper:put(",")
      end
    end
  end
end

-- A parameter is text. Where a JSON value is due, text that is exactly a JSON number, true, false or null stands as it is.
function gloo.json_parameter(value, site)
  if type(value) ~= "string" then return gloo.json_value(value, site) end
  local c = byte(value)
  if c and (c == 45 or (c >= 48 and c <= 57)) then
    if is_number(value) then return value end
  elseif value == "true" or value == "false" or value == "null" then
    return value
  end
  return '"' .. escape(value, site) .. '"'
end

-- A rendered body of which the compiler could not tell whether it is JSON for every request.
function gloo.check_json(body, site)
  spend(#body * 4)
  if not pcall(gloo.parse, body) then gloo.fail(500, "bad_output", "made a text that is not JSON", site) end
end

-- The same for a body of lines, each of which is JSON or blank.
function gloo.check_json_lines(body, site)
  for line in string.gmatch(body, "[^\n]+") do
    gloo.spend(20)
    if find(line, "[^ \t\r]") then gloo.check_json(line, site) end
  end
end

-- XML --------------------------------------------------------------------------------------------------------------

local XML = {[38] = "&amp;", [60] = "&lt;", [62] = "&gt;", [13] = "&#13;"}
local QUOTED = {[34] = "&quot;", [39] = "&#39;", [9] = "&#9;", [10] = "&#10;"}
local XML_TEXT = replacements(function(code) return XML[code] end)
local XML_ATTRIBUTE = replacements(function(code) return XML[code] or QUOTED[code] end)

-- Characters of XML 1.0 only (section 2.2); there is no way to write the others.
local function check_xml(s, site)
  spend(#s / 5)
  local i, n = 1, #s
  while i <= n do
    local c = byte(s, i)
    if c < 32 and c ~= 9 and c ~= 10 and c ~= 13 then gloo.fail(400, "bad_value", "has a control character", site) end
    local after = c < 128 and i + 1 or character_end(s, i) or gloo.fail(400, "bad_value", "is not valid UTF-8", site)
    if c == 239 and byte(s, i + 1) == 191 and byte(s, i + 2) >= 190 then
      gloo.fail(400, "bad_value", "has a character that XML has not", site)
    end
    i = after
  end
  return s
end

gloo.check_xml, gloo.substitute = check_xml, substitute
function gloo.xml_text(value, site) return substitute(check_xml(text(value, site), site), XML_TEXT) end
function gloo.xml_attribute(value, site) return substitute(check_xml(text(value, site), site), XML_ATTRIBUTE) end

-- Request targets, forms and headers -----------------------------------------------------------------------------------

local function percent(code) return format("%%%02X", code) end
local function is_word(code)
  return (code >= 48 and code <= 57) or (code >= 65 and code <= 90) or (code >= 97 and code <= 122)
end
local function is_one_of(code, characters) return code < 128 and find(characters, string.char(code), 1, true) ~= nil end

local URI = replacements(function(code) return not is_word(code) and not is_one_of(code, "-._~") and percent(code) end)
local FORM = replacements(function(code)
  if code == 32 then return "+" end
  return not is_word(code) and not is_one_of(code, "-._*") and percent(code)
end)
local TARGET = replacements(function(code) return (code <= 32 or code > 126 or is_one_of(code, '"#<>\\^`{|}')) and percent(code) end)
local LINE = replacements(function(code) return ((code < 32 and code ~= 9) or code == 127) and " " end)

function gloo.segment(value, site)
  if type(value) ~= "string" then value = text(value, site) end
  if value == "" then gloo.fail(400, "bad_value", "is empty; a path segment can't be", site) end
  return substitute(value, URI)
end

function gloo.query_value(value, site)
  return substitute(text(value, site), URI)
end

function gloo.form_value(value, site)
  return substitute(text(value, site), FORM)
end

-- A value that brings slashes, question marks and percent-escapes of its own: only what no target can hold is encoded.
function gloo.raw_target(value, site)
  return substitute(text(value, site), TARGET)
end

-- Line breaks and other control characters become blanks (RFC 9110, section 5.5).
function gloo.header_value(value, site)
  return substitute(text(value, site), LINE)
end

-- The finished target: values must not have made segments that a server resolves away, nor such that it decodes to them.
function gloo.target(target, site)
  if byte(target) ~= 47 then gloo.fail(400, "bad_value", "does not start with '/'", site) end
  if not find(target, "/.", 1, true) and not find(target, "/%2", 1, true) then return target end
  local stop = find(target, "?", 1, true)
  local path = (stop and sub(target, 1, stop - 1) or target) .. "/"
  path = gsub(path, "%%2[eE]", ".")
  if find(path, "/./", 1, true) or find(path, "/../", 1, true) then
    gloo.fail(400, "bad_value", "has a segment '.' or '..'", site)
  end
  return target
end

-- The finished method (RFC 9110, section 9.1: a token). The HEAD of a client stays one: Envoy would hand it the body of
-- the answer to another method, and the client would take that for its next answer.
function gloo.method(method, site, headers)
  if not match(method, "^[%w!#$%%&'*+.^_`|~-]+$") then gloo.fail(400, "bad_value", "is not a method", site) end
  if method == "CONNECT" then gloo.fail(400, "bad_value", "is CONNECT, which opens a tunnel", site) end
  if headers:get(":method") == "HEAD" then return "HEAD" end
  if method == "HEAD" then gloo.fail(400, "bad_value", "is HEAD, and the client would wait for a body", site) end
  return method
end

-- The finished host: a name or an address, with a port or without (RFC 3986, section 3.2.2).
function gloo.host_name(host, site)
  local name = match(host, "^(.-):%d+$") or host
  if not match(name, "^[%w._~-]+$") and not match(name, "^%[[%x:.]+%]$") then
    gloo.fail(400, "bad_value", "is not a host", site)
  end
  return host
end

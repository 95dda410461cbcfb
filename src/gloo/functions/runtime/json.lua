-- JSON in and out (RFC 8259): strict, numbers keep their text, the last of two equal keys wins, invalid UTF-8 and
-- lone surrogates are refused. Nesting is bounded and kept on a stack of our own, so a body can't exhaust Lua's.
-- The loops read bytes: that is what LuaJIT compiles; its pattern functions are ten times slower.

local byte, sub, char, concat = string.byte, string.sub, string.char, table.concat
local tonumber, type = tonumber, type
local new_table = require("table.new")
local null = gloo.null

local MAX_DEPTH = 100

local function refuse(at, problem)
  gloo.fail(400, "bad_body", "the body is not JSON: " .. problem .. " at byte " .. at)
end

local function skip_blanks(s, i)
  local c = byte(s, i)
  while c == 32 or c == 10 or c == 13 or c == 9 do
    i = i + 1
    c = byte(s, i)
  end
  return i, c
end

-- The index after the UTF-8 character of several bytes that starts at i, or nil (RFC 3629, no surrogates).
local function character_end(s, i)
  local a, b, c, d = byte(s, i, i + 3)
  if not b or b < 0x80 or b > 0xBF then return nil end
  if a >= 0xC2 and a <= 0xDF then return i + 2 end
  if not c or c < 0x80 or c > 0xBF then return nil end
  if a >= 0xE0 and a <= 0xEF then
    if (a == 0xE0 and b < 0xA0) or (a == 0xED and b > 0x9F) then return nil end
    return i + 3
  end
  if not d or d < 0x80 or d > 0xBF then return nil end
  if a >= 0xF0 and a <= 0xF4 and not (a == 0xF0 and b < 0x90) and not (a == 0xF4 and b > 0x8F) then return i + 4 end
  return nil
end
gloo.character_end = character_end

local function utf8_of(code)
  if code < 0x80 then return char(code) end
  if code < 0x800 then return char(0xC0 + (code - code % 64) / 64, 0x80 + code % 64) end
  local last, rest = 0x80 + code % 64, (code - code % 64) / 64
  if code < 0x10000 then return char(0xE0 + (rest - rest % 64) / 64, 0x80 + rest % 64, last) end
  local high = (rest - rest % 64) / 64
  return char(0xF0 + (high - high % 64) / 64, 0x80 + high % 64, 0x80 + rest % 64, last)
end

local function hex4(s, i)
  for j = i, i + 3 do
    local c = byte(s, j) or 0
    if not ((c >= 48 and c <= 57) or (c >= 65 and c <= 70) or (c >= 97 and c <= 102)) then refuse(j, "bad \\u escape") end
  end
  return tonumber(sub(s, i, i + 3), 16)
end

-- The character of the \u escape whose digits start at i, and the index after it.
local function unicode_escape(s, i)
  local code = hex4(s, i)
  if code >= 0xDC00 and code <= 0xDFFF then refuse(i, "lone surrogate") end
  if code < 0xD800 or code > 0xDBFF then return utf8_of(code), i + 4 end
  if sub(s, i + 4, i + 5) ~= "\\u" then refuse(i, "lone surrogate") end
  local low = hex4(s, i + 6)
  if low < 0xDC00 or low > 0xDFFF then refuse(i, "lone surrogate") end
  return utf8_of(0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00)), i + 10
end

local ESCAPES = {[34] = '"', [92] = "\\", [47] = "/", [98] = "\b", [102] = "\f", [110] = "\n", [114] = "\r", [116] = "\t"}

-- The rest of a string that holds escapes or more than ASCII; `from` is its first byte, `i` the first hard one.
local function hard_string(s, from, i)
  local parts, count = {}, 0
  while true do
    local c = byte(s, i)
    if c == 34 then
      parts[count + 1] = sub(s, from, i - 1)
      return concat(parts), i + 1
    elseif c == 92 then
      parts[count + 1] = sub(s, from, i - 1)
      local escape = byte(s, i + 1)
      local text, after = ESCAPES[escape], i + 2
      if escape == 117 then text, after = unicode_escape(s, i + 2) end
      if not text then refuse(i, "bad escape") end
      count = count + 2
      parts[count] = text
      i, from = after, after
    elseif not c then
      refuse(i, "the string has no end")
    elseif c < 32 then
      refuse(i, "control character in a string")
    elseif c < 128 then
      i = i + 1
    else
      i = character_end(s, i) or refuse(i, "invalid UTF-8")
    end
  end
end

-- The string whose opening quote is at i, and the index after it.
local function string_at(s, i)
  for j = i + 1, #s do
    local c = byte(s, j)
    if c == 34 then return sub(s, i + 1, j - 1), j + 1 end
    if c == 92 or c < 32 or c > 127 then return hard_string(s, i + 1, j) end
  end
  refuse(#s + 1, "the string has no end")
end

local function digits(s, i)
  local c, from = byte(s, i), i
  while c and c >= 48 and c <= 57 do
    i = i + 1
    c = byte(s, i)
  end
  if i == from then refuse(i, "a digit is missing") end
  return i, c
end

-- The number at i, and the index after it.
local function number_at(s, i, c)
  local j, whole = i, true
  if c == 45 then j = i + 1 end
  if byte(s, j) == 48 then
    j = j + 1
    c = byte(s, j)
    if j - 1 > i then whole = false end -- -0 keeps its sign
  else
    j, c = digits(s, j)
  end
  if c == 46 then
    whole = false
    j, c = digits(s, j + 1)
  end
  if c == 101 or c == 69 then
    whole = false
    c = byte(s, j + 1)
    j = digits(s, (c == 43 or c == 45) and j + 2 or j + 1)
  end
  local text = sub(s, i, j - 1)
  if whole and j - i <= 14 then return tonumber(text), j end
  return {[0] = text}, j
end

local function scalar_at(s, i, c)
  if c == 34 then return string_at(s, i) end
  if c == 45 or (c and c >= 48 and c <= 57) then return number_at(s, i, c) end
  if c == 116 and sub(s, i, i + 3) == "true" then return true, i + 4 end
  if c == 102 and sub(s, i, i + 4) == "false" then return false, i + 5 end
  if c == 110 and sub(s, i, i + 3) == "null" then return null, i + 4 end
  refuse(i, c and "a value is due" or "the end comes too early")
end

-- The key at i or after blanks, and the index after its colon.
local function key_at(s, i)
  local c, key
  i, c = skip_blanks(s, i)
  if c ~= 34 then refuse(i, "a key in quotes is due") end
  key, i = string_at(s, i)
  i, c = skip_blanks(s, i)
  if c ~= 58 then refuse(i, "a colon is due") end
  return key, i + 1
end

-- Parses the whole of `s`; fails with 400 bad_body.
function gloo.parse(s)
  local outer, keys, depth = {}, {}, 0 -- the containers around the innermost one, and the keys they wait to fill
  local inner, key, value, c
  local i = 1
  while true do
    i, c = skip_blanks(s, i)
    local opened = false
    if c == 123 or c == 91 then
      if depth == MAX_DEPTH then gloo.fail(400, "too_deep", "the body is nested deeper than " .. MAX_DEPTH .. " levels") end
      local after
      i, after = skip_blanks(s, i + 1)
      value = new_table(6, c == 91 and 0 or 8)
      if c == 91 then value[0] = 0 end
      if after == c + 2 then -- the closing bracket of either kind is two further on
        i = i + 1
      else
        depth = depth + 1
        outer[depth], keys[depth] = inner or false, key or false
        inner, key, opened = value, nil, true
        if c == 123 then key, i = key_at(s, i) end
      end
    else
      value, i = scalar_at(s, i, c)
    end
    while not opened do -- a value is complete: store it, and close what closes after it
      i, c = skip_blanks(s, i)
      if not inner then
        if c then refuse(i, "the end is due") end
        return value
      elseif key then
        if inner[key] == nil then inner[#inner + 1] = key end
        inner[key] = value
      else
        local length = inner[0] + 1
        inner[0], inner[length] = length, value
      end
      if c == 44 then
        i = i + 1
        if key then key, i = key_at(s, i) end
        opened = true
      elseif c == (key and 125 or 93) then
        value, inner, key = inner, outer[depth], keys[depth] or nil
        depth, i = depth - 1, i + 1
      else
        refuse(i, "a comma or a closing bracket is due")
      end
    end
  end
end

-- The fields of a request body; none if it is empty or is not an object.
function gloo.fields(body)
  if not body or body == "" then return gloo.empty end
  gloo.spend(#body * 3) -- about what a body of the usual kind takes; its length is bounded
  local value = gloo.parse(body)
  if type(value) == "table" and value[0] == nil then return value end
  return gloo.empty
end

-- The operators of the language, over any values.

local type, floor, tonumber, byte = type, math.floor, tonumber, string.byte
local null, spend, number_said = gloo.null, gloo.spend, gloo.number_said
local ffi = require("ffi")
ffi.cdef("void *memmem(const void *whole, size_t length, const void *piece, size_t size);")
local BYTES = ffi.typeof("const uint8_t *")

-- `a ~ b`: two to four texts, just joined. No loop, so that the loop of a template can be compiled around it.
function gloo.paid(text)
  spend(10 + #text / 2)
  return text
end

-- `a ~ b ~ ...`: more texts, joined.
function gloo.joined(...)
  local parts = {...}
  for i = 1, #parts do spend(5 + #parts[i] / 2) end
  return (table.concat(parts))
end

function gloo.present(value) return value ~= nil and value ~= null end

-- The text of a body's field for a pattern; nil if it has none.
function gloo.string(value)
  if value == nil or value == null then return nil end
  return gloo.text(value)
end

-- The index of the first byte at or after i that is no digit, and that byte.
local function digits_end(s, i)
  local c = byte(s, i)
  while c and c >= 48 and c <= 57 do
    i = i + 1
    c = byte(s, i)
  end
  return i, c
end

gloo.digits_end = digits_end

-- Whether a text is exactly a JSON number, and whether a whole one: one written without a fraction and an exponent.
local function is_number(s)
  local i = byte(s) == 45 and 2 or 1
  local first = byte(s, i)
  if not first or first < 48 or first > 57 then return false end
  spend(#s / 4)
  local stop, c = digits_end(s, i)
  if first == 48 and stop > i + 1 then return false end
  if not c then return true, true end
  if c == 46 then
    i = stop + 1
    stop, c = digits_end(s, i)
    if stop == i then return false end
  end
  if c == 101 or c == 69 then
    i = stop + 1
    c = byte(s, i)
    if c == 43 or c == 45 then i = i + 1 end
    stop, c = digits_end(s, i)
    if stop == i then return false end
  end
  return c == nil
end
gloo.is_number = is_number

-- A value as a Lua number: a number, or text that is one (parameters are text); else nil.
local function number_of(value)
  local kind = type(value)
  if kind == "number" then return value end
  if kind == "string" then return is_number(value) and number_said(value) or nil end
  if kind == "table" and type(value[0]) == "string" then return number_said(value[0]) end
  return nil
end
gloo.number_of = number_of

local function number(value, site)
  local result = number_of(value)
  if not result then gloo.fail(400, "bad_value", "is not a number", site) end
  return result
end
gloo.number = number

-- Arithmetic: `left` and `right` are the sites of the two values.
function gloo.add(a, b, left, right) return number(a, left) + number(b, right) end
function gloo.subtract(a, b, left, right) return number(a, left) - number(b, right) end
function gloo.multiply(a, b, left, right) return number(a, left) * number(b, right) end
function gloo.power(a, b, left, right) return number(a, left) ^ number(b, right) end

local function divisor(value, site)
  local result = number(value, site)
  if result == 0 then gloo.fail(400, "bad_value", "is zero, and nothing can be divided by it", site) end
  return result
end

function gloo.divide(a, b, left, right) return number(a, left) / divisor(b, right) end
function gloo.divide_whole(a, b, left, right) return (floor(number(a, left) / divisor(b, right))) end
function gloo.modulo(a, b, left, right) return number(a, left) % divisor(b, right) end

local function is_numeric(value)
  return type(value) == "number" or (type(value) == "table" and type(value[0]) == "string")
end
gloo.is_numeric = is_numeric

local equal

local function equal_tables(a, b, depth)
  if a[0] ~= b[0] or #a ~= #b then return false end
  if depth == 200 then gloo.fail(400, "too_deep", "a list or an object is nested deeper than 200 levels") end
  spend(4 * #a)
  for i = 1, #a do
    local key = a[0] and i or a[i]
    if b[key] == nil or not equal(a[key], b[key], depth + 1) then return false end
  end
  return true
end

-- Equality: numbers by value, text that is a number equals that number, lists and objects by their parts.
function equal(a, b, depth)
  if a == b then return true end
  if is_numeric(a) or is_numeric(b) then
    local x, y = number_of(a), number_of(b)
    return x ~= nil and x == y
  end
  if type(a) ~= "table" or type(b) ~= "table" or a == null or b == null then return false end
  return equal_tables(a, b, depth)
end

function gloo.equal(a, b) return equal(a, b, 0) end

-- Order: numbers by value, texts by their bytes.
local function ordered(a, b, left, right)
  if type(a) ~= "string" or type(b) ~= "string" then return number(a, left), number(b, right) end
  spend((#a < #b and #a or #b) / 32)
  return a, b
end

function gloo.less(a, b, left, right)
  a, b = ordered(a, b, left, right)
  return a < b
end

function gloo.less_equal(a, b, left, right)
  a, b = ordered(a, b, left, right)
  return a <= b
end

-- Where `piece` is in `s` at or after `from`: its first and last index; nil if it is nowhere. Lua's own search takes the
-- time of one length times the other where a client wants it to.
function gloo.locate(s, piece, from)
  local start = ffi.cast(BYTES, s)
  local found = ffi.C.memmem(start + from - 1, #s - from + 1, piece, #piece)
  if found == nil then return nil end
  local first = tonumber(ffi.cast(BYTES, found) - start) + 1
  return first, first + #piece - 1
end

-- `item in container`: an element of a list, a key of an object, a part of a text.
function gloo.contains(container, item)
  if type(container) == "string" then
    if type(item) ~= "string" or #item > #container then return false end
    spend((#container + #item) / 2)
    return gloo.locate(container, item, 1) ~= nil
  end
  if type(container) ~= "table" or container == null then return false end
  if container[0] == nil then return type(item) == "string" and container[item] ~= nil end
  local count = type(container[0]) == "number" and container[0] or 0
  spend(8 * count)
  for i = 1, count do
    if equal(container[i], item, 0) then return true end
  end
  return false
end

function gloo.list(value, site)
  if type(value) ~= "table" or type(value[0]) ~= "number" then gloo.fail(400, "bad_value", "is not a list", site) end
  return value
end

function gloo.object(value, site)
  if type(value) ~= "table" or value[0] ~= nil then gloo.fail(400, "bad_value", "is not an object", site) end
  return value
end

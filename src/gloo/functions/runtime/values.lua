-- Values and failures: what every other part stands on. `gloo` is the table that all parts and programs share.
--
-- A JSON value in Lua:  string -> string        true, false -> boolean
--   number -> a Lua number if it is whole and has at most 14 digits, else {[0] = its text}: no digit is ever lost
--   array  -> {[0] = its length, first, second, ...}      null -> gloo.null, which is {[0] = false}
--   object -> {first key, second key, ..., [key] = value}: keys in their order, string keys never meet whole ones
-- So value[0] tells the tables apart: nil an object, a number an array, a string a number, false null.
-- nil is a value that is missing.

local type, error, format, floor, tostring, tobit = type, error, string.format, math.floor, tostring, require("bit").tobit
local byte, sub = string.byte, string.sub

local ffi = require("ffi")
ffi.cdef("double strtod(const char *text, char **stop);")
local C = ffi.C

gloo.null = {[0] = false}
gloo.empty = {}

-- Ends the rendering: the client gets *status* and a JSON error. `site` is where in the templates it happened.
function gloo.fail(status, code, message, site)
  error({status = status, code = code, message = message, site = site}, 0)
end

function gloo.missing(value, site)
  local why = value == nil and "is missing" or "is null"
  gloo.fail(400, "missing_parameter", why, site)
end

local function is_blank(c) return c == 32 or c == 9 end

-- The text without blanks at its ends, which no header's value has (RFC 9110, section 5.5).
function gloo.trimmed(text)
  local first, last = 1, #text
  while first <= last and is_blank(byte(text, first)) do first = first + 1 end
  while last >= first and is_blank(byte(text, last)) do last = last - 1 end
  return (sub(text, first, last))
end

-- A value that must be there.
function gloo.need(value, site)
  if value == nil then gloo.missing(value, site) end
  return value
end

-- `default(value, other)`.
function gloo.default(value, other)
  if value == nil or value == gloo.null then return other end
  return value
end

-- The field of a value that may be anything.
function gloo.field(value, key)
  if type(value) == "table" then return value[key] end
  return nil
end

-- `base[key]`: an element, counted from 0, or a field.
function gloo.item(base, key)
  if type(base) ~= "table" then return nil end
  local kind = base[0]
  if kind == nil then
    return base[type(key) == "string" and key or gloo.text(key)]
  elseif type(kind) == "number" and type(key) == "number" and key >= 0 and key < kind and key == floor(key) then
    return base[key + 1]
  end
  return nil
end

-- A copy of `base` (or a new object) with fields set: `values` stand in the order of `keys`. What is missing sets none.
function gloo.with(base, keys, values)
  local copy
  for i = 1, #keys do
    local key, value = keys[i], values[i]
    if value ~= nil then
      copy = copy or gloo.copied(base)
      gloo.put(copy, key, value)
    end
  end
  return copy or base
end

-- A copy of an object; an empty one of any other value.
function gloo.copied(base)
  local copy = {}
  if type(base) == "table" and base[0] == nil then
    gloo.spend(10 * #base)
    for name, held in pairs(base) do copy[name] = held end
  end
  return copy
end

-- Sets a field.
function gloo.put(object, key, value)
  if object[key] == nil then object[#object + 1] = key end
  object[key] = value
end

-- The number that the text of a JSON number says. Lua's own way takes 0.1 ms for one with a large exponent.
local function number_said(s)
  gloo.spend(25 + #s / 8) -- a call into C takes that long where LuaJIT has not compiled it
  return (C.strtod(s, nil))
end
gloo.number_said = number_said

local WHOLE = 2 ^ 53 -- up to here every whole number is a float

-- The digits of a Lua number, as JSON has them.
function gloo.number_text(number, site)
  local small = tobit(number)
  if small == number then return (tostring(small)) end -- the zero that has a sign, too
  if number == floor(number) and number >= -WHOLE and number <= WHOLE then return (format("%.0f", number)) end
  if number ~= number or number == math.huge or number == -math.huge then
    gloo.fail(400, "bad_value", "is not a finite number", site)
  end
  gloo.spend((number > 1e30 or number < -1e30 or (number < 1e-30 and number > -1e-30)) and 320 or 50)
  local short = format("%.15g", number)
  if number_said(short) == number then return short end
  short = format("%.16g", number)
  if number_said(short) == number then return short end
  return (format("%.17g", number))
end

-- The plain text of a value; a missing one and null have none.
function gloo.text(value, site)
  local kind = type(value)
  if kind == "string" then
    if #value > 1024 then gloo.spend(#value / 16) end -- it is copied to where it goes
    return value
  end
  if kind == "number" then return gloo.number_text(value, site) end
  if kind == "boolean" then return value and "true" or "false" end
  if kind == "nil" or value == gloo.null then gloo.missing(value, site) end
  if type(value[0]) == "string" then return value[0] end
  return gloo.json_value(value, site)
end

-- Whether a value counts as true: a missing one, null, false, 0, "" and what is empty do not.
function gloo.truth(value)
  if not value or value == "" or value == 0 or value == gloo.null then return false end
  if type(value) ~= "table" then return true end
  local kind = value[0]
  if kind == nil then return value[1] ~= nil end
  if type(kind) == "string" then return number_said(kind) ~= 0 end
  return kind ~= 0
end

-- The operators of the language, over any values.

local type, floor, tonumber, format = type, math.floor, tonumber, string.format
local null = gloo.null

-- Every rendering has a budget, in units of about 10 ns: no body, however made, keeps a worker busy for long.
local MAX_OUTPUT = 8388608 -- bytes
local budget, written = 0, 0

function gloo.refill(units)
  budget, written = units, 0
  gloo.randoms, gloo.time = nil, nil
end

local function spend(units)
  budget = budget - units
  if budget < 0 then gloo.fail(400, "too_long", "the function takes too long for this request") end
end
gloo.spend = spend

-- What the statements of a template write. One for all: a template is finished before the next one starts.
local sheet = require("string.buffer").new()

function gloo.output()
  return sheet:reset() -- what a failure has left
end

function gloo.finished(out)
  local made = out:get()
  if #made > 65536 then out:free() end -- not to hold a large one's memory for ever
  return made
end

-- One pass of a loop that writes to `out`: it costs time, and so does what the passes before it have written.
function gloo.pass(out)
  local length = #out
  spend(10 + (length > written and (length - written) / 2 or 0))
  written = length
  if length > MAX_OUTPUT then gloo.fail(400, "too_long", "the function's output is too long for this request") end
end

-- `a ~ b`
function gloo.joined(site, ...)
  local parts = {...}
  for i = 1, select("#", ...) do
    parts[i] = gloo.text(parts[i], site)
    spend(5 + #parts[i] / 2)
  end
  return table.concat(parts)
end

function gloo.present(value) return value ~= nil and value ~= null end

-- The text of a body's field for a pattern; nil if it has none.
function gloo.string(value)
  if value == nil or value == null then return nil end
  return gloo.text(value)
end

-- A value as a Lua number: a number, or text that is one (parameters are text); else nil.
local function number_of(value)
  if type(value) == "number" then return value end
  if type(value) == "string" then return gloo.is_number(value) and tonumber(value) or nil end
  if type(value) == "table" and type(value[0]) == "string" then return tonumber(value[0]) end
  return nil
end
gloo.number_of = number_of

local function number(value, site)
  local result = number_of(value)
  if not result then gloo.fail(400, "bad_value", "is not a number", site) end
  return result
end

function gloo.add(a, b, site) return number(a, site) + number(b, site) end
function gloo.subtract(a, b, site) return number(a, site) - number(b, site) end
function gloo.multiply(a, b, site) return number(a, site) * number(b, site) end
function gloo.power(a, b, site) return number(a, site) ^ number(b, site) end

local function divisor(value, site)
  local result = number(value, site)
  if result == 0 then gloo.fail(400, "bad_value", "is divided by zero", site) end
  return result
end

function gloo.divide(a, b, site) return number(a, site) / divisor(b, site) end
function gloo.divide_whole(a, b, site) return floor(number(a, site) / divisor(b, site)) end
function gloo.modulo(a, b, site) return number(a, site) % divisor(b, site) end

local function is_numeric(value)
  return type(value) == "number" or (type(value) == "table" and type(value[0]) == "string")
end

local equal

local function equal_tables(a, b, depth)
  if a[0] ~= b[0] or #a ~= #b then return false end
  if depth == 200 then gloo.fail(400, "too_deep", "a list or an object is nested deeper than 200 levels") end
  spend(#a)
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
  return equal_tables(a, b, depth or 0)
end

function gloo.equal(a, b) return equal(a, b, 0) end

-- Order: numbers by value, texts by their bytes.
local function ordered(a, b, site)
  if type(a) == "string" and type(b) == "string" then return a, b end
  return number(a, site), number(b, site)
end

function gloo.less(a, b, site)
  a, b = ordered(a, b, site)
  return a < b
end

function gloo.less_equal(a, b, site)
  a, b = ordered(a, b, site)
  return a <= b
end

-- `item in container`: an element of a list, a key of an object, a part of a text.
function gloo.contains(container, item)
  if type(container) == "string" then
    return type(item) == "string" and container:find(item, 1, true) ~= nil
  end
  if type(container) ~= "table" or container == null then return false end
  if container[0] == nil then return type(item) == "string" and container[item] ~= nil end
  local count = type(container[0]) == "number" and container[0] or 0
  spend(count)
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

-- The operators of the language, over any values.

local type, floor, tonumber, format = type, math.floor, tonumber, string.format
local null = gloo.null

gloo.concat = table.concat
gloo.steps = 100000 -- passes of all loops of one template together: bounded work for any body

function gloo.too_long()
  gloo.fail(400, "too_long", "the loops take more than " .. gloo.steps .. " steps")
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

-- Equality: numbers by value, text that is a number equals that number, lists and objects by their parts.
local function equal(a, b)
  if a == b then return true end
  if is_numeric(a) or is_numeric(b) then
    local x, y = number_of(a), number_of(b)
    return x ~= nil and x == y
  end
  if type(a) ~= "table" or type(b) ~= "table" or a == null or b == null or a[0] ~= b[0] or #a ~= #b then return false end
  for i = 1, #a do
    local key = a[0] and i or a[i]
    if b[key] == nil or not equal(a[key], b[key]) then return false end
  end
  return true
end
gloo.equal = equal

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
  for i = 1, type(container[0]) == "number" and container[0] or 0 do
    if equal(container[i], item) then return true end
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

-- The functions of the language: gloo.call_<name>(site, argument, ...). Missing arguments never get here, and what comes
-- behind the first is a text or a number already where it has to be one.
-- What takes longer for longer values spends from the request's budget.

local byte, sub, format, concat = string.byte, string.sub, string.format, table.concat
local find, match = string.find, string.match
local type, floor = type, math.floor
local text, spend, locate, num = gloo.text, gloo.spend, gloo.locate, gloo.number
local is_number, is_numeric, number_of, paper_for = gloo.is_number, gloo.is_numeric, gloo.number_of, gloo.paper_for
local ffi, bit = require("ffi"), require("bit")
local band, bor, lshift, rshift = bit.band, bit.bor, bit.lshift, bit.rshift

local function bad(problem, site) gloo.fail(400, "bad_value", problem, site) end

local function str(value, site)
  local s = text(value, site)
  spend(5 + #s / 4)
  return s
end

local function list(value, site)
  gloo.list(value, site)
  spend(value[0])
  return value
end

-- Text ---------------------------------------------------------------------------------------------------------------

function gloo.call_upper(site, value) return (str(value, site):upper()) end
function gloo.call_lower(site, value) return (str(value, site):lower()) end

local function is_blank(c) return c == 32 or c == 9 or c == 10 or c == 13 end

function gloo.call_trim(site, value)
  local s = str(value, site)
  spend(#s / 3)
  local first = find(s, "[^ \t\r\n]")
  return first and match(s, "^.*[^ \t\r\n]", first) or ""
end

function gloo.call_capitalize(site, value)
  local s = str(value, site)
  return sub(s, 1, 1):upper() .. sub(s, 2):lower()
end

-- The index of the byte at which character number `count` after `from` begins.
local function forward(s, from, count)
  while count > 0 and from <= #s do
    from = (byte(s, from) < 128 and from + 1) or gloo.character_end(s, from) or from + 1
    count = count - 1
  end
  return from
end

-- Out of range, or not whole numbers: empty; without a length, or with one that is too long or not positive: the rest.
function gloo.call_substring(site, value, start, length)
  local s, from, count = str(value, site), number_of(start), number_of(length)
  spend(#s / 4)
  if not from or from < 0 or from ~= floor(from) or (length ~= nil and (not count or count ~= floor(count))) then return "" end
  local first = forward(s, 1, from)
  if not count or count <= 0 then return (sub(s, first)) end
  return (sub(s, first, forward(s, first, count) - 1))
end

function gloo.call_replace(site, value, from, to)
  local s = str(value, site)
  if from == "" then return s end
  spend((#s + #from) / 2)
  local parts, at = {}, 1
  while at + #from - 1 <= #s do
    local start, stop = locate(s, from, at)
    if not start then break end
    spend(12 + #to / 8)
    parts[#parts + 1] = sub(s, at, start - 1) .. to
    at = stop + 1
  end
  parts[#parts + 1] = sub(s, at)
  return (concat(parts))
end

-- The texts between the occurrences of another one, which may be none; of an empty text there are none.
function gloo.call_split(site, value, between)
  local s = str(value, site)
  spend((#s + #between) / 2)
  local result, count, at = {[0] = 0}, 0, 1
  while s ~= "" do
    local start, stop
    if between ~= "" then start, stop = locate(s, between, at) end
    spend(20)
    count = count + 1
    result[count] = sub(s, at, (start or #s + 1) - 1)
    if not start then break end
    at = stop + 1
  end
  result[0] = count
  return result
end

function gloo.call_word_count(site, value)
  local s, count, before = str(value, site), 0, true
  spend(#s / 2)
  for i = 1, #s do
    local blank = is_blank(byte(s, i))
    if before and not blank then count = count + 1 end
    before = blank
  end
  return count
end

function gloo.call_length(site, value)
  if type(value) == "table" and value ~= gloo.null and type(value[0]) ~= "string" then return value[0] or #value end
  local s, count = str(value, site), 0
  spend(#s * 0.7)
  for i = 1, #s do
    local c = byte(s, i)
    if c < 0x80 or c > 0xBF then count = count + 1 end
  end
  return count
end

function gloo.call_json(site, value) return gloo.json_value(value, site) end
function gloo.call_url_encode(site, value) return gloo.query_value(str(value, site), site) end

-- Lists ----------------------------------------------------------------------------------------------------------------

-- A list that has elements, and their number.
local function filled(value, site)
  if value[0] == 0 then bad("is empty", site) end
  return value, value[0]
end

function gloo.call_first(site, value) return filled(list(value, site), site)[1] end
function gloo.call_last(site, value)
  local items, count = filled(list(value, site), site)
  return items[count]
end

function gloo.call_at(site, value, index)
  local found = gloo.item(value, index)
  if found == nil then bad("has no such element", site) end
  return found
end

-- What `first`, `last` and `at` give where another value stands by: nil for a list that is missing or empty.
local function end_of(value, site, from_end)
  if value == nil or value == gloo.null then return nil end
  local count = gloo.list(value, site)[0]
  return value[from_end and count > 0 and count or 1]
end

function gloo.some_first(site, value) return end_of(value, site, false) end
function gloo.some_last(site, value) return end_of(value, site, true) end
function gloo.some_at(_, value, index) return gloo.item(value, index) end

function gloo.call_join(site, value, between)
  local parts = {}
  for i = 1, list(value, site)[0] do
    parts[i] = str(value[i], site)
    spend(4 + #between / 3)
  end
  return (concat(parts, between))
end

function gloo.call_range(site, value)
  local count = floor(num(value, site))
  spend(count > 0 and 3 * count or 0)
  local result = {[0] = 0}
  for i = 1, count do result[i] = i - 1 end
  result[0] = count > 0 and count or 0
  return result
end

-- In order: numbers by value or texts by their bytes; equal ones keep their order (a merge sort).
local function merge_sort(items, from, to, site)
  if from >= to then return from == to and {items[from]} or {} end
  local middle = floor((from + to) / 2)
  local left, right = merge_sort(items, from, middle, site), merge_sort(items, middle + 1, to, site)
  local result, i, j = {}, 1, 1
  while left[i] ~= nil or right[j] ~= nil do
    if right[j] == nil or (left[i] ~= nil and not gloo.less(right[j], left[i], site, site)) then
      result[#result + 1], i = left[i], i + 1
    else
      result[#result + 1], j = right[j], j + 1
    end
  end
  return result
end

local function sorted(value, site)
  local count = list(value, site)[0]
  spend(count * 100)
  local result = merge_sort(value, 1, count, site)
  result[0] = count
  return result
end

function gloo.call_sort(site, value) return sorted(value, site) end
function gloo.call_min(site, value) return sorted(filled(list(value, site), site), site)[1] end
function gloo.call_max(site, value)
  local items, count = filled(sorted(value, site), site)
  return items[count]
end

function gloo.call_existsIn(site, value, key) return gloo.item(value, key) ~= nil end

-- Numbers ----------------------------------------------------------------------------------------------------------------

function gloo.call_round(site, value, digits)
  local factor = 10 ^ (digits or 0)
  local number = num(value, site) * factor
  return (number < 0 and -floor(-number + 0.5) or floor(number + 0.5)) / factor
end

-- A whole number that is written as one keeps its digits, however many they are.
function gloo.call_int(site, value)
  local digits = type(value) == "table" and value[0] or value
  if type(digits) == "string" then
    local _, whole = is_number(digits)
    if whole and #digits > 14 then return {[0] = digits} end
  end
  local number = num(value, site)
  return number < 0 and -floor(-number) or floor(number)
end

function gloo.call_float(site, value) return num(value, site) end
function gloo.call_odd(site, value) return num(value, site) % 2 == 1 end
function gloo.call_even(site, value) return num(value, site) % 2 == 0 end
function gloo.call_divisibleBy(site, value, by)
  if by == 0 then bad("is to be divided by zero", site) end
  return num(value, site) % by == 0
end

-- Kinds ------------------------------------------------------------------------------------------------------------------

local function is_whole(value)
  if type(value) == "number" then return value == floor(value) end
  if not is_numeric(value) then return false end
  local _, whole = is_number(value[0])
  return whole == true
end

function gloo.call_isString(_, value) return type(value) == "string" end
function gloo.call_isBoolean(_, value) return type(value) == "boolean" end
function gloo.call_isNumber(_, value) return is_numeric(value) end
function gloo.call_isInteger(_, value) return is_whole(value) end
function gloo.call_isFloat(_, value) return is_numeric(value) and not is_whole(value) end
function gloo.call_isArray(_, value) return type(value) == "table" and type(value[0]) == "number" end
function gloo.call_isObject(_, value) return type(value) == "table" and value[0] == nil end

-- Base64 (RFC 4648) --------------------------------------------------------------------------------------------------------

local LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
local NO_LETTER = 255
local values = ffi.new("uint8_t[256]")
ffi.fill(values, 256, NO_LETTER)

local function alphabet(letters)
  for i = 1, 64 do values[byte(letters, i)] = i - 1 end
  return ffi.new("uint8_t[64]", {byte(letters, 1, 64)})
end

local PLAIN, URL = alphabet(LETTERS .. "+/"), alphabet(LETTERS .. "-_")

local function encode(s, letters, padding)
  local n, j = #s, 0
  spend(5 + n / 2)
  local out = paper_for(n / 3 * 4 + 4)
  for i = 1, n - 2, 3 do
    local a, b, c = byte(s, i, i + 2)
    local bits = lshift(a, 16) + lshift(b, 8) + c
    out[j], out[j + 1] = letters[rshift(bits, 18)], letters[band(rshift(bits, 12), 63)]
    out[j + 2], out[j + 3] = letters[band(rshift(bits, 6), 63)], letters[band(bits, 63)]
    j = j + 4
  end
  if n % 3 > 0 then
    local a, b = byte(s, n - n % 3 + 1, n)
    local bits = a * 65536 + (b or 0) * 256
    out[j], out[j + 1] = letters[rshift(bits, 18)], letters[band(rshift(bits, 12), 63)]
    out[j + 2], out[j + 3] = b and letters[band(rshift(bits, 6), 63)] or 61, 61
    j = j + 4
  end
  if not padding then j = j - (3 - n % 3) % 3 end
  return (ffi.string(out, j))
end

-- Either alphabet, with or without padding.
local function decode(s, site)
  local n, j, odd = #s, 0, 0 -- `odd`: more than 63 if one of the bytes is no letter
  spend(20 + n / 2)
  if sub(s, -2) == "==" then n = n - 2 elseif sub(s, -1) == "=" then n = n - 1 end
  local out, rest = paper_for(n + 1), n % 4
  for i = 1, n - 3, 4 do
    local a, b, c, d = byte(s, i, i + 3)
    a, b, c, d = values[a], values[b], values[c], values[d]
    odd = bor(odd, a, b, c, d)
    out[j], out[j + 1] = bor(lshift(a, 2), rshift(b, 4)), bor(lshift(band(b, 15), 4), rshift(c, 2))
    out[j + 2] = bor(lshift(band(c, 3), 6), d)
    j = j + 3
  end
  if rest > 0 then -- two or three letters, which hold more bits than bytes need: the others are zero
    local a, b, c = byte(s, n - rest + 1, n)
    a, b, c = values[a], values[b or 61], c and values[c] or 0
    odd = bor(odd, a, b, c, rest == 2 and lshift(band(b, 15), 6) or lshift(band(c, 3), 6))
    out[j], out[j + 1] = bor(lshift(a, 2), rshift(b, 4)), bor(lshift(band(b, 15), 4), rshift(c, 2))
    j = j + rest - 1
  end
  if odd > 63 then bad("is not base64", site) end
  return (ffi.string(out, j))
end

function gloo.call_base64_encode(site, value) return encode(text(value, site), PLAIN, true) end
function gloo.call_base64url_encode(site, value) return encode(text(value, site), URL, false) end
function gloo.call_base64_decode(site, value) return decode(text(value, site), site) end
function gloo.call_base64url_decode(site, value) return decode(text(value, site), site) end

-- What the request does not bring --------------------------------------------------------------------------------------------

ffi.cdef("long getrandom(void *buffer, size_t length, unsigned int flags);")

local function random(length)
  local bytes = paper_for(length)
  if ffi.C.getrandom(bytes, length, 0) ~= length then error("no random numbers") end
  return bytes
end

function gloo.random_bytes(length) return ffi.string(random(length), length) end

-- A random UUID (RFC 9562, version 4).
function gloo.call_uuid()
  spend(800)
  local b = random(16)
  b[6], b[8] = b[6] % 16 + 64, b[8] % 64 + 128
  local hex = {}
  for i = 0, 15 do hex[i + 1] = format("%02x", b[i]) end
  local all = concat(hex)
  return concat({sub(all, 1, 8), sub(all, 9, 12), sub(all, 13, 16), sub(all, 17, 20), sub(all, 21)}, "-")
end

-- The time in UTC, as RFC 3339 or in a format of strftime; it stands still during one rendering.
function gloo.call_now(site, layout)
  layout = layout and text(layout, site) or "%Y-%m-%dT%H:%M:%SZ"
  spend(200 + 20 * #layout)
  gloo.time = gloo.time or os.time()
  return sub(os.date("! " .. layout, gloo.time), 2) -- the blank: a layout "*t" would give a table
end

-- JSON in and out (RFC 8259): strict, numbers keep their text, the last of two equal keys wins, invalid UTF-8 and
-- lone surrogates are refused. Nesting is bounded and kept on a stack of our own, so a body can't exhaust Lua's.
-- What LuaJIT compiles is fast: loops over bytes, and `find` for a plain text; patterns are ten times slower.

local byte, sub, find = string.byte, string.sub, string.find
local tonumber, type = tonumber, type
local new_table, ffi, bit = require("table.new"), require("ffi"), require("bit")
local cast, copy, text_of = ffi.cast, ffi.copy, ffi.string
local band, bor, lshift, rshift = bit.band, bit.bor, bit.lshift, bit.rshift
local BYTES, WORDS, HIGH_BITS = ffi.typeof("const uint8_t *"), ffi.typeof("const int32_t *"), bit.tobit(0x80808080)
local null = gloo.null
ffi.cdef("int memcmp(const void *one, const void *other, size_t length);")
local C = ffi.C

local MAX_DEPTH = 100
local MOST_ALIKE = 16 -- fields that an object has room for before it is read: no body is to take memory that it does not fill

local function refuse(at, problem)
  gloo.fail(400, "bad_body", "the body is not JSON: " .. problem .. " at byte " .. at)
end

-- The first byte from i on that is no blank, and its index. At most one blank is the rule, and takes no loop.
local function skip_blanks(s, i)
  local c = byte(s, i)
  if c == 32 then
    i = i + 1
    c = byte(s, i)
  end
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

-- Texts are put together here, byte by byte: what was there before is gone. Nothing else allocates memory of a length that
-- is told at run time: where compiled code knows that length, LuaJIT may put the allocation off to where the code is left,
-- and then it takes none at all, and writes over its own heap (`snap_unsink` in lj_snap.c). It can't put off what it keeps.
local KEPT = 65536
local paper, room = ffi.new("uint8_t[?]", KEPT), KEPT

local function paper_for(length)
  if length > room or (room > KEPT and length <= KEPT) then
    room = length > KEPT and length or KEPT
    paper = ffi.new("uint8_t[?]", room)
  end
  return paper
end
gloo.paper_for = paper_for

-- Writes the character `code` as UTF-8 to out[at] and on; returns the index behind it.
local function put_utf8(out, at, code)
  if code < 0x80 then
    out[at] = code
    return at + 1
  end
  if code < 0x800 then
    out[at] = bor(0xC0, rshift(code, 6))
  else
    if code < 0x10000 then
      out[at] = bor(0xE0, rshift(code, 12))
    else
      out[at], out[at + 1] = bor(0xF0, rshift(code, 18)), bor(0x80, band(rshift(code, 12), 0x3F))
      at = at + 1
    end
    out[at + 1] = bor(0x80, band(rshift(code, 6), 0x3F))
    at = at + 1
  end
  out[at + 1] = bor(0x80, band(code, 0x3F))
  return at + 2
end

local HEX = ffi.new("int8_t[256]", -1) -- the digit that a byte is
for digit = 0, 15 do
  HEX[byte(("%x"):format(digit))], HEX[byte(("%X"):format(digit))] = digit, digit
end

local function hex4(s, i)
  local a, b, c, d = byte(s, i, i + 3)
  a, b, c, d = HEX[a or 0], HEX[b or 0], HEX[c or 0], HEX[d or 0]
  local code = bor(lshift(a, 12), lshift(b, 8), lshift(c, 4), d)
  if code < 0 then refuse(a < 0 and i or b < 0 and i + 1 or c < 0 and i + 2 or i + 3, "bad \\u escape") end
  return code
end

-- The code of the \u escape whose digits start at i, and the index after it.
local function unicode_escape(s, i)
  local code = hex4(s, i)
  if code < 0xD800 or code > 0xDFFF then return code, i + 4 end
  if code >= 0xDC00 or byte(s, i + 4) ~= 92 or byte(s, i + 5) ~= 117 then refuse(i, "lone surrogate") end
  local low = hex4(s, i + 6)
  if low < 0xDC00 or low > 0xDFFF then refuse(i, "lone surrogate") end
  return 0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00), i + 10
end

local ESCAPES = {[34] = 34, [92] = 92, [47] = 47, [98] = 8, [102] = 12, [110] = 10, [114] = 13, [116] = 9}

-- Where the next backslash is, and the next byte that no string may hold or only as a part of a UTF-8 character. Both
-- are looked for once, not in every string: until the parser has passed them, a string that ends before them is plain.
local slash_at, odd_at

local function find_slash(s, i)
  slash_at = find(s, "\\", i, true) or #s + 1
  return slash_at
end

local function find_odd(s, i)
  local n = #s
  local c = byte(s, i) or 32
  if c >= 32 and c < 128 and i + 4 <= n then -- four bytes at once: is the high bit of any set, or of any less 32?
    local bytes = cast(BYTES, s)
    while i + 3 <= n do
      local word = cast(WORDS, bytes + (i - 1))[0]
      if band(bor(word, word - 0x20202020), HIGH_BITS) ~= 0 then break end
      i = i + 4
    end
  end
  while i <= n do
    c = byte(s, i)
    if c < 32 or c > 127 then break end
    i = i + 1
  end
  odd_at = i
  return i
end

-- Goes over the odd bytes between i and `stop`.
local function check_characters(s, stop)
  local i = odd_at
  while i < stop do
    if byte(s, i) < 32 then refuse(i, "control character in a string") end
    i = character_end(s, i) or refuse(i, "invalid UTF-8")
    if (byte(s, i) or 0) < 128 then i = find_odd(s, i) end
  end
  odd_at = i
end

-- The rest of a string that holds escapes or more than ASCII; `from` is its first byte.
local function hard_string(s, from)
  local bytes, out, made = cast(BYTES, s), paper_for(#s), 0
  local i, quote = from, 0
  while true do
    if quote < i then quote = find(s, '"', i, true) or #s + 1 end
    local stop, slash = quote, slash_at
    if slash < i then slash = find_slash(s, i) end
    if slash < stop then stop = slash end
    if odd_at < stop then check_characters(s, stop) end
    if stop > #s then refuse(stop, "the string has no end") end
    if stop ~= slash and i == from then return sub(s, i, stop - 1), stop + 1 end
    copy(out + made, bytes + (i - 1), stop - i)
    made = made + (stop - i)
    if stop ~= slash then return text_of(out, made), stop + 1 end
    local escape = byte(s, slash + 1)
    local code, after = ESCAPES[escape], slash + 2
    if escape == 117 then code, after = unicode_escape(s, after) end
    if not code then refuse(slash, "bad escape") end
    made, i = put_utf8(out, made, code), after
  end
end

-- The string whose opening quote is at i, and the index after it. Where it is `guess`, no text is made of it.
local function string_at(s, i, guess)
  local from = i + 1
  local stop = find(s, '"', from, true)
  if slash_at < from then find_slash(s, from) end
  if odd_at < from then find_odd(s, from) end
  if not stop or slash_at < stop or odd_at < stop then return hard_string(s, from) end
  if guess and #guess == stop - from and C.memcmp(cast(BYTES, s) + i, guess, #guess) == 0 then return guess, stop + 1 end
  return sub(s, from, stop - 1), stop + 1
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

-- The number at i that is not a short whole one, and the index after it.
local function hard_number(s, i, c)
  local j = i
  if c == 45 then j = i + 1 end
  if byte(s, j) == 48 then
    j = j + 1
    c = byte(s, j)
  else
    j, c = digits(s, j)
  end
  if c == 46 then j, c = digits(s, j + 1) end
  if c == 101 or c == 69 then
    c = byte(s, j + 1)
    j = digits(s, (c == 43 or c == 45) and j + 2 or j + 1)
  end
  return {[0] = sub(s, i, j - 1)}, j
end

-- The number at i, and the index after it. Whole ones of at most 14 characters are Lua's; -0 keeps its sign.
local function number_at(s, i, c)
  local j, value, first = i, 0, c
  if c == 45 then
    j = i + 1
    c = byte(s, j)
  end
  local from, head = j, c
  while c and c >= 48 and c <= 57 and j - i <= 14 do
    value = value * 10 + (c - 48)
    j = j + 1
    c = byte(s, j)
  end
  if j == from or j - i > 14 or c == 46 or c == 101 or c == 69 or (head == 48 and (first == 45 or j > from + 1)) then
    return hard_number(s, i, first)
  end
  return first == 45 and -value or value, j
end

local function scalar_at(s, i, c)
  if c == 45 or (c and c >= 48 and c <= 57) then return number_at(s, i, c) end
  if c == 116 and sub(s, i, i + 3) == "true" then return true, i + 4 end
  if c == 102 and sub(s, i, i + 4) == "false" then return false, i + 5 end
  if c == 110 and sub(s, i, i + 3) == "null" then return null, i + 4 end
  refuse(i, c and "a value is due" or "the end comes too early")
end

-- The key at i or after blanks, and the index after its colon.
local function key_at(s, i, guess)
  local c, key
  i, c = skip_blanks(s, i)
  if c ~= 34 then refuse(i, "a key in quotes is due") end
  key, i = string_at(s, i, guess)
  i, c = skip_blanks(s, i)
  if c ~= 58 then refuse(i, "a colon is due") end
  return key, i + 1
end

-- Objects of bodies are used again once what was made of their body is finished: the next body is often of the same
-- shape, and then only values are to be set. An object's own keys say what is expected of the next one in its place.
-- They are let go after a while, for they hold the texts of bodies that are gone.
local MOST_SPARE, LONGEST_HELD = 1024, 262144 -- objects; bytes of bodies
local spare, used, held, none = {}, 0, 0, {}

-- What was parsed is needed no more: called when a rendering starts.
function gloo.reuse()
  used = 0
  if held > LONGEST_HELD then spare, held = {}, 0 end
end

-- A new object with the first `size` fields of another, of which the rest is of an earlier body.
local function first_fields(object, size, like)
  local copy = new_table(like, like)
  for i = 1, size do
    local key = object[i]
    copy[i], copy[key] = key, object[key]
  end
  return copy
end

-- The containers around the innermost one, their places among the spare ones, the keys they wait to fill, and how much
-- they hold.
local outer, places, keys, sizes = {}, {}, {}, {}

-- Parses the whole of `s`; fails with 400 bad_body. All is one loop: LuaJIT compiles nested ones now well, now badly.
-- Objects are taken from `pool`, at its places behind `taken`, up to `most`.
local function parse(s, pool, taken, most)
  local depth, like = 0, 6 -- `like`: objects are often as large as the one before
  local inner, place, key, size, value, c
  local i, closed, opened = 1, false, false -- `closed`: the value is a container that has just been completed
  slash_at, odd_at = 0, 0
  while true do
    i, c = skip_blanks(s, i)
    if not closed then
      if c == 34 then
        value, i = string_at(s, i)
      elseif c == 123 or c == 91 then
        if depth == MAX_DEPTH then gloo.fail(400, "too_deep", "the body is nested deeper than " .. MAX_DEPTH .. " levels") end
        local after
        i, after = skip_blanks(s, i + 1)
        if after == c + 2 then -- the closing bracket of either kind is two further on
          value, i = c == 91 and {[0] = 0} or {}, i + 1
        else
          depth = depth + 1
          outer[depth], places[depth], keys[depth], sizes[depth] = inner or false, place or 0, key or false, size or 0
          key, size, opened = nil, 0, true
          if c == 91 then
            inner, place = new_table(6, 0), 0
            inner[0] = 0
          else
            taken = taken + 1
            place, inner = taken, pool[taken]
            if not inner then
              inner = new_table(like, like)
              if taken <= most then pool[taken] = inner end
            end
            key, i = key_at(s, i, inner[1])
          end
        end
      else
        value, i = scalar_at(s, i, c)
      end
      if not opened then i, c = skip_blanks(s, i) end
    end
    if opened then
      opened = false
    elseif not inner then
      if c then refuse(i, "the end is due") end
      return value, taken
    else
      if key then
        local expected = inner[size + 1]
        if expected == key then
          size = size + 1
        else
          if expected then
            inner = first_fields(inner, size, like)
            pool[place] = inner
          end
          if inner[key] == nil then
            size = size + 1
            inner[size] = key
          end
        end
        inner[key] = value
      else
        size = size + 1
        inner[size] = value
      end
      if c == 44 then
        i, closed = i + 1, false
        if key then key, i = key_at(s, i, inner[size + 1]) end
      elseif c == (key and 125 or 93) then
        if not key then
          inner[0] = size
        else
          like = size < MOST_ALIKE and size or MOST_ALIKE
          if inner[size + 1] then
            inner = first_fields(inner, size, like)
            pool[place] = inner
          end
        end
        value, inner, place, key, size = inner, outer[depth], places[depth], keys[depth] or nil, sizes[depth]
        outer[depth] = false
        depth, i, closed = depth - 1, i + 1, true
      else
        refuse(i, "a comma or a closing bracket is due")
      end
    end
  end
end

function gloo.parse(s) return (parse(s, none, 0, 0)) end

-- The fields of a request body; none if it is empty or is not an object.
function gloo.fields(body)
  if not body or body == "" then return gloo.empty, gloo.empty end
  gloo.spend(#body * 3) -- about what a body of the usual kind takes; its length is bounded
  held = held + #body
  local value
  value, used = parse(body, spare, used, MOST_SPARE)
  if type(value) == "table" and value[0] == nil then return value, value end
  return gloo.empty, value
end

-- The JSON `value` that came, whatever it is; an object with what is put among its `fields`.
function gloo.whole(value, fields)
  if type(value) == "table" and value[0] == nil then return fields end
  return value
end

-- SHA-256 (FIPS 180-4) and HMAC (RFC 2104).

local bit, ffi = require("bit"), require("ffi")
local band, bnot, bxor, ror, rshift, tobit = bit.band, bit.bnot, bit.bxor, bit.ror, bit.rshift, bit.tobit
local byte, char, rep, concat, format = string.byte, string.char, string.rep, table.concat, string.format
local text, spend = gloo.text, gloo.spend

-- The first 32 bits of the fractional parts of roots of the first primes (FIPS 180-4, 4.2.2 and 5.3.3).
local K, INITIAL = ffi.new("int32_t[64]"), ffi.new("int32_t[8]")

local function fraction(root) return tobit((root - root % 2 ^ -32) % 1 * 2 ^ 32) end

local function is_prime(n)
  for i = 2, math.floor(n ^ 0.5) do
    if n % i == 0 then return false end
  end
  return true
end

local function cube_root(n)
  local low, high = 0, 8
  for _ = 1, 60 do
    local middle = (low + high) / 2
    if middle * middle * middle <= n then low = middle else high = middle end
  end
  return low
end

local count, candidate = 0, 2
while count < 64 do
  if is_prime(candidate) then
    if count < 8 then INITIAL[count] = fraction(candidate ^ 0.5) end
    K[count] = fraction(cube_root(candidate))
    count = count + 1
  end
  candidate = candidate + 1
end

local w, state = ffi.new("int32_t[64]"), ffi.new("int32_t[8]")

local function compress(s, at)
  for i = 0, 15 do
    local a, b, c, d = byte(s, at + 4 * i, at + 4 * i + 3)
    w[i] = tobit(((a * 256 + b) * 256 + c) * 256 + d)
  end
  for i = 16, 63 do
    local x, y = w[i - 15], w[i - 2]
    local first = bxor(ror(x, 7), ror(x, 18), rshift(x, 3))
    local second = bxor(ror(y, 17), ror(y, 19), rshift(y, 10))
    w[i] = tobit(w[i - 16] + first + w[i - 7] + second)
  end
  local a, b, c, d, e, f, g, h = state[0], state[1], state[2], state[3], state[4], state[5], state[6], state[7]
  for i = 0, 63 do
    local sum1 = bxor(ror(e, 6), ror(e, 11), ror(e, 25))
    local t1 = tobit(h + sum1 + bxor(band(e, f), band(bnot(e), g)) + K[i] + w[i])
    local sum0 = bxor(ror(a, 2), ror(a, 13), ror(a, 22))
    local t2 = sum0 + bxor(band(a, b), band(a, c), band(b, c))
    h, g, f, e, d, c, b, a = g, f, e, tobit(d + t1), c, b, a, tobit(t1 + t2)
  end
  state[0], state[1] = tobit(state[0] + a), tobit(state[1] + b)
  state[2], state[3] = tobit(state[2] + c), tobit(state[3] + d)
  state[4], state[5] = tobit(state[4] + e), tobit(state[5] + f)
  state[6], state[7] = tobit(state[6] + g), tobit(state[7] + h)
end

local function word(n) return (char(band(rshift(n, 24), 255), band(rshift(n, 16), 255), band(rshift(n, 8), 255), band(n, 255))) end

-- The 32 bytes of the digest of `s`.
local function sha256(s)
  spend(1000 + #s * 3)
  ffi.copy(state, INITIAL, 32)
  local bits = #s * 8
  s = s .. "\128" .. rep("\0", (55 - #s) % 64) .. word((bits - bits % 2 ^ 32) / 2 ^ 32) .. word(tobit(bits % 2 ^ 32))
  for at = 1, #s, 64 do compress(s, at) end
  local words = {}
  for i = 0, 7 do words[i + 1] = word(state[i]) end
  return (concat(words))
end

local function xor(s, mask)
  local bytes = {}
  for i = 1, #s do bytes[i] = char(bxor(byte(s, i), mask)) end
  return (concat(bytes))
end

local function hmac(key, s)
  if #key > 64 then key = sha256(key) end
  key = key .. rep("\0", 64 - #key)
  return sha256(xor(key, 0x5c) .. sha256(xor(key, 0x36) .. s))
end

local function hex(bytes)
  local digits = {}
  for i = 1, #bytes do digits[i] = format("%02x", byte(bytes, i)) end
  return (concat(digits))
end

local WRITTEN = {
  hex = hex,
  base64 = function(bytes) return gloo.call_base64_encode(nil, bytes) end,
  base64url = function(bytes) return gloo.call_base64url_encode(nil, bytes) end,
}

function gloo.call_sha256(site, value, form) return WRITTEN[form or "hex"](sha256(text(value, site))) end

function gloo.call_hmac_sha256(site, key, value, form)
  return WRITTEN[form or "hex"](hmac(text(key, site), value))
end

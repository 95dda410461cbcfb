-- Forms whose fields come as parts (multipart/form-data: RFC 7578, RFC 2046): one pass, and nothing is guessed. What two
-- readers could read in two ways is refused: this form is checked here and read again by somebody else.

local byte, sub, find, match, lower = string.byte, string.sub, string.find, string.match, string.lower

local MAX_PARTS = 1000
local MAX_PART_HEADERS = 8192 -- bytes
local MAX_BOUNDARY = 70 -- characters (RFC 2046, section 5.1.1)

local function refuse(problem, at)
  gloo.fail(400, "bad_body", "the body is not a multipart form: " .. problem .. (at and " at byte " .. at or ""))
end

-- The text in the quotes that open at i, and the index after it. A backslash stands before a quote or a backslash; before
-- anything else it is one, as in the Windows paths that some clients send.
local function quoted(s, i)
  local parts, from, at = {}, i + 1, i + 1
  while true do
    at = find(s, '["\\]', at)
    if not at then return nil end
    gloo.spend(12)
    if byte(s, at) == 34 then
      parts[#parts + 1] = sub(s, from, at - 1)
      return table.concat(parts), at + 1
    end
    local escaped = byte(s, at + 1)
    if escaped == 34 or escaped == 92 then
      parts[#parts + 1] = sub(s, from, at - 1)
      from = at + 1
      at = at + 2
    else
      at = at + 1
    end
  end
end

-- Reads `word; name=value; name="value"`: the word in lower case, and the values by name; nil for any other text, and
-- then also the name that is there twice, if that is why.
local function worded(s)
  local word, i = match(s, "^([^ \t;,]+)[ \t]*()")
  local values = {}
  while i and i <= #s do
    gloo.spend(40)
    if match(s, "^;[ \t]*$", i) then break end
    local name, start = match(s, "^;[ \t]*([^ \t;,=\"]+)=()", i)
    if not name then return nil end
    name = lower(name)
    local value, after
    if byte(s, start) == 34 then value, after = quoted(s, start) else value, after = match(s, "^([^ \t;,\"]+)()", start) end
    if not value then return nil end
    if values[name] then return nil, nil, name end
    values[name], i = value, match(s, "^[ \t]*()", after)
  end
  return word and lower(word), values
end

local function boundary_of(headers)
  local kind, values = worded(headers:get("content-type") or "")
  if kind ~= "multipart/form-data" then refuse("the content-type is not multipart/form-data") end
  local boundary = values.boundary
  if not boundary or boundary == "" then refuse("the content-type has no boundary") end
  if #boundary > MAX_BOUNDARY or find(boundary, "[^ -~]") or byte(boundary, -1) == 32 then
    refuse("the boundary can't be one")
  end
  return boundary
end

-- The index after the line of a boundary that ended before i; nil if it was the last one.
local function after_boundary(s, i)
  if sub(s, i, i + 1) == "--" then
    local rest = match(s, "^[ \t]*()", i + 2)
    if rest <= #s and sub(s, rest, rest + 1) ~= "\r\n" then refuse("text follows the last boundary", rest) end
    return nil
  end
  local stop = find(s, "[^ \t]", i) or #s + 1
  if sub(s, stop, stop + 1) == "\r\n" then return stop + 2 end
  if stop > #s or stop == #s and byte(s, stop) == 13 then refuse("the last boundary is missing", #s + 1) end
  refuse(byte(s, stop) == 10 and "a line ends without a carriage return" or "text follows a boundary", i)
end

-- The headers of the part that starts at i, in lower case, and the index of the empty line after them.
local function part_headers(s, i)
  local found, start = {}, i
  while true do
    local stop = find(s, "\r\n", i, true)
    if (stop or #s + 1) - start > MAX_PART_HEADERS then
      refuse("the headers of a part are longer than " .. MAX_PART_HEADERS .. " bytes", start)
    end
    if not stop then refuse("the headers of a part have no end", start) end
    if stop == i then return found, i end
    gloo.spend(35)
    local line = sub(s, i, stop - 1)
    local name, value = match(line, "^([%w!#$%%&'*+.^_`|~-]+):[ \t]*(.*)$")
    if not name or sub(name, 1, 2) == "--" or find(value, "[%z\1-\8\10-\31\127]") then refuse("a header is due", i) end
    name = lower(name)
    if found[name] then refuse("a part has the header " .. name .. " twice", i) end
    found[name], i = value, stop + 2
  end
end

-- A name without the folders before it.
local function base_name(name)
  for i = #name, 1, -1 do
    local c = byte(name, i)
    if c == 47 or c == 92 then return sub(name, i + 1) end
  end
  return name
end

-- The file name; one in the extended form (RFC 8187) counts if there is no other.
local function filename_of(values, at)
  if values.filename or not values["filename*"] then return values.filename and base_name(values.filename) end
  local encoded = match(values["filename*"], "^[uU][tT][fF]%-8'[%w-]*'(.*)$")
  if not encoded then refuse("a file name is not in UTF-8", at) end
  return base_name(gloo.decode_segment(encoded))
end

local IDENTITY = {["7bit"] = true, ["8bit"] = true, binary = true}

-- The name and the value of a part: text, or for a file an object; no value for a file that was not chosen.
local function part_of(headers, content, at)
  local kind, values, twice = worded(headers["content-disposition"] or "")
  if twice then refuse(twice == "name" and "a part has two names" or "a part has a parameter twice", at) end
  if kind ~= "form-data" or not values.name then refuse("a part has no name", at) end
  if not IDENTITY[lower(headers["content-transfer-encoding"] or "binary")] then refuse("a part is encoded", at) end
  local filename = filename_of(values, at)
  if not filename then return values.name, content end
  if filename == "" and content == "" then return values.name, nil end
  return values.name, {
    "filename", "content_type", "size", "content",
    filename = filename, content_type = headers["content-type"] or "text/plain", size = #content, content = content,
  }
end

gloo.no_values = {[0] = 0}

local function put(fields, lists, name, value)
  if fields[name] == nil then fields[#fields + 1], fields[name], lists[name] = name, value, {[0] = 0} end
  local list = lists[name]
  list[0], list[list[0] + 1] = list[0] + 1, value
end

-- The fields of a form: of several parts with one name the first. The second result has all of them, by name.
function gloo.multipart_fields(headers, s)
  local fields, lists = {}, {}
  if not s or s == "" then return fields, lists end
  local boundary = boundary_of(headers)
  gloo.spend(#s / 16)
  local delimiter = "\r\n--" .. boundary
  local first, stop = 1, #delimiter - 2
  if sub(s, 1, stop) ~= sub(delimiter, 3) then first, stop = gloo.locate(s, delimiter, 1) end
  if not first then refuse("the boundary is not in it") end
  local i, count = after_boundary(s, stop + 1), 0
  while i do
    count = count + 1
    if count > MAX_PARTS then gloo.fail(413, "too_large", "the body has more than " .. MAX_PARTS .. " parts") end
    gloo.spend(500)
    local own, blank = part_headers(s, i)
    first, stop = gloo.locate(s, delimiter, blank)
    if not first then refuse("the last boundary is missing", #s + 1) end
    local name, value = part_of(own, sub(s, blank + 2, first - 1), i)
    if value ~= nil then put(fields, lists, name, value) end
    i = after_boundary(s, stop + 1)
  end
  return fields, lists
end

-- All fields of a form (application/x-www-form-urlencoded), as lists by name.
function gloo.form_lists(s)
  local fields, lists = {}, {}
  for pair in string.gmatch(s or "", "[^&]+") do
    gloo.spend(100)
    local equals = find(pair, "=", 1, true) or #pair + 1
    put(fields, lists, gloo.decode_value(sub(pair, 1, equals - 1)), gloo.decode_value(sub(pair, equals + 1)))
  end
  return lists
end

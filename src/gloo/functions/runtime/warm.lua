-- Runs the loops over texts once on long ones, when Envoy loads the script. LuaJIT compiles a loop while it runs; one that
-- ends while it is being compiled, as over a short text, counts as a failure, and after some of these LuaJIT leaves the
-- loop alone for ever: ten times slower, and clients could bring that about. A loop that is compiled once stays so.
--
-- The order counts for the parser, whose loop has others within. A loop is given up when it is met with an inner one that is
-- not compiled yet, and where it enters one again and again; so loops over one long text come first, then the outer one
-- with values that have none, then numbers. Without that one process in three parsed at a half or a third of the speed
-- of the others, by chance, for as long as it ran.
--
-- By default LuaJIT throws all compiled code away when it has 1000 pieces of it; a hundred functions in use have more.

jit.opt.start("maxtrace=40000", "maxside=1000", "maxmcode=32768") -- pieces; KB

local rep, sub = string.rep, string.sub

local plain, hard = rep("abcdefgh", 50), rep('\195\169"<\n%', 100)
local json = '{"a":[' .. rep('1,2.5,"x",[1],{"k":true},', 40) .. 'null],"b":"' .. plain .. '","c":"' .. rep("\\n\195\169", 100) .. '"}'

-- Functions with loops, and calls of them that meet none. A function that is called often enough is compiled from its
-- start to its end; if a loop is in the way, LuaJIT tries again and again, and then lets nothing be compiled that calls it.
local list, number = {[0] = 0}, {[0] = "1.5"}
local ALONE = {
  {gloo.escape, ""}, {gloo.json_string, ""}, {gloo.json_key, ""}, {gloo.json_value, ""}, {gloo.json_value, 1},
  {gloo.json_parameter, ""}, {gloo.check_xml, ""}, {gloo.substitute, "", {}}, {gloo.xml_text, ""}, {gloo.xml_attribute, ""},
  {gloo.segment, "x"}, {gloo.query_value, ""}, {gloo.form_value, ""}, {gloo.raw_target, ""}, {gloo.header_value, ""},
  {gloo.digits_end, "", 1}, {gloo.is_number, ""}, {gloo.number_said, "1"}, {gloo.number_text, 1}, {gloo.number_of, 1},
  {gloo.trimmed, ""}, {gloo.text, ""}, {gloo.text, 1}, {gloo.text, number}, {gloo.truth, ""}, {gloo.truth, list}, {gloo.equal, 1, 2},
  {gloo.less, 1, 2}, {gloo.less, "", ""}, {gloo.less_equal, 1, 2}, {gloo.contains, list, 1}, {gloo.contains, "", ""},
  {gloo.add, 1, 2}, {gloo.subtract, 1, 2}, {gloo.multiply, 1, 2}, {gloo.power, 1, 2}, {gloo.divide, 1, 2},
  {gloo.divide_whole, 1, 2}, {gloo.modulo, 1, 2}, {gloo.list, list}, {gloo.paid, ""}, {gloo.item, list, 0},
  {gloo.call_json, nil, ""}, {gloo.call_length, nil, ""}, {gloo.call_word_count, nil, ""}, {gloo.call_upper, nil, ""},
  {gloo.call_lower, nil, ""}, {gloo.call_substring, nil, "", 0}, {gloo.call_replace, nil, "", "a", ""},
  {gloo.call_split, nil, "", ","},
  {gloo.call_join, nil, list, ""}, {gloo.call_range, nil, 0}, {gloo.call_base64_encode, nil, ""},
  {gloo.call_base64_decode, nil, ""}, {gloo.call_url_encode, nil, ""}, {gloo.call_round, nil, 1}, {gloo.call_int, nil, 1},
  {gloo.call_float, nil, 1}, {gloo.call_odd, nil, 1}, {gloo.call_even, nil, 1}, {gloo.call_divisibleBy, nil, 4, 2},
  {gloo.call_existsIn, nil, list, 0}, {gloo.call_isInteger, nil, 1},
}

local function often(call)
  local alone, a, b, c, d = call[1], call[2], call[3], call[4], call[5]
  for _ = 1, 250 do alone(a, b, c, d) end
end
jit.off(often) -- else the function would be compiled as a part of this one

local function warm_functions()
  for _, call in ipairs(ALONE) do often(call) end
end

local function warm_parser()
  gloo.parse('"' .. plain .. plain .. '"')
  gloo.parse('"' .. rep("\195\169", 300) .. '"')
  gloo.parse(rep(" ", 300) .. "1")
  gloo.parse("{" .. rep('"x": "text", ', 300) .. '"x":"x"}')
  gloo.parse("[" .. rep('{"a": "x", "b": 12, "c": "\\u201c"}, ', 200) .. "1]")
  for _ = 1, 6 do gloo.parse("12345678901234") end -- no longer number is counted up
  for _ = 1, 3 do gloo.fields('{"list": [' .. rep('{"a": "x", "b": 12}, ', 200) .. "1]}") end -- objects used again
  gloo.parse("1." .. rep("1", 200))
  gloo.parse('"' .. rep("\\n text ", 200) .. '"')
end

-- Lists of 300 whole numbers, of numbers with a point, of texts, and of both in turn.
local function warm_lists()
  local lists, mixed = {}, {}
  for index, element in ipairs({"1", "0.1", '"a"', "[1]"}) do
    local text = "[" .. rep(element .. ",", 299) .. element .. "]"
    lists[index] = {gloo.parse(text), gloo.parse(text), gloo.parse(element)}
    mixed[index] = element
  end
  local all = "[" .. rep(table.concat(mixed, ",") .. ",", 75) .. "null]"
  lists[#lists + 1] = {gloo.parse(all), gloo.parse(all), false}
  for _, each in ipairs(lists) do
    local list, other = each[1], each[2]
    gloo.equal(list, other)
    gloo.contains(list, "x")
    gloo.contains(list, 7)
    gloo.contains(list, gloo.parse("0.7"))
    gloo.contains(list, other)
    gloo.json_value(list)
  end
  for index = 1, 3 do
    local list = lists[index][1]
    gloo.call_join(nil, list, ", ")
    gloo.call_sort(nil, list)
    gloo.call_min(nil, list)
  end
  gloo.call_range(nil, 300)
end

-- Each way through the loops of parser and printer. One that is not compiled here is when it was met often enough; but
-- LuaJIT tries it with the first requests that meet it, and these may end just behind it, time and again.
local ELEMENTS = {
  "true", "false", "null", "12", "-1", "1.5", "1e9", "{}", "[]", "[1]", '["a","b"]', '{"a":1}', '{"a":{"b":[]}}', '"a\\n"',
  '"\\u00e9"', '"\195\169"', '"\\"' .. plain .. '"', '"' .. plain .. '\195\169"',
}
for _, length in ipairs({0, 2, 7, 14, 21, 28, 40}) do
  local text = '"' .. rep("x", length) .. '"'
  ELEMENTS[#ELEMENTS + 1] = text
  ELEMENTS[#ELEMENTS + 1] = "{" .. text .. ":1}"
end

local function warm_ways(sound, from, to)
  gloo.refill(math.huge, sound)
  for index = from, to do
    local list = gloo.parse("[" .. rep(ELEMENTS[index] .. ",", 100) .. ELEMENTS[index] .. "]")
    gloo.json_value(list)
  end
end

local function warm_texts()
  local value = gloo.parse(json)
  gloo.json_value(value)
  for _, text in ipairs({plain, hard}) do
    gloo.json_string(text)
    gloo.json_parameter(text)
    gloo.segment(text)
    gloo.query_value(text)
    gloo.form_value(text)
    gloo.header_value(text)
    gloo.raw_target(text)
    gloo.xml_text(text)
    gloo.xml_attribute(text)
    gloo.call_length(nil, text)
    gloo.call_word_count(nil, text)
    gloo.call_substring(nil, text, 10, 300)
    gloo.call_replace(nil, text, sub(text, 1, 1), "x")
    gloo.call_split(nil, text, sub(text, 1, 1))
    gloo.call_base64_decode(nil, gloo.call_base64_encode(nil, text))
  end
  gloo.trimmed(rep(" ", 200) .. "x" .. rep(" ", 200))
  gloo.call_trim(nil, rep(" ", 200) .. "x" .. rep(" ", 200))
  gloo.is_number(rep("1", 200))
  gloo.contains(plain, "x")
  gloo.form_fields(rep("a=1&", 100))
  gloo.form_lists(rep("a=1&", 100))
  gloo.query("/?" .. rep("a=1&", 100), "b")
  gloo.cookie(rep("a=1; ", 100), "b")
end

-- LuaJIT still throws all away when even that room is full: then it starts again, a step with each request.
local HALF = math.floor(#ELEMENTS / 2)
local STEPS = {
  warm_functions, warm_parser, warm_lists,
  function() warm_ways(true, 1, HALF) end, function() warm_ways(true, HALF + 1, #ELEMENTS) end,
  function() warm_ways(false, 1, HALF) end, function() warm_ways(false, HALF + 1, #ELEMENTS) end, warm_texts,
}

function gloo.warm_up()
  local step = gloo.cold
  gloo.cold = step < #STEPS and step + 1 or nil
  gloo.refill(math.huge, true)
  jit.opt.start("tryside=4")
  STEPS[step]()
  jit.opt.start("tryside=50") -- a request that fails just then takes an attempt away
end

gloo.cold = 1
while gloo.cold do gloo.warm_up() end
jit.attach(function(what) if what == "flush" then gloo.cold = 1 end end, "trace")
gloo.paced()

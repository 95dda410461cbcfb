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

jit.opt.start("maxtrace=8000", "maxmcode=8192") -- pieces; KB

local rep, sub = string.rep, string.sub

local plain, hard = rep("abcdefgh", 50), rep('\195\169"<\n%', 100)
local json = '{"a":[' .. rep('1,2.5,"x",[1],{"k":true},', 40) .. 'null],"b":"' .. plain .. '","c":"' .. rep("\\n\195\169", 100) .. '"}'

local function warm_parser()
  gloo.parse('"' .. plain .. plain .. '"')
  gloo.parse('"' .. rep("\195\169", 300) .. '"')
  gloo.parse(rep(" ", 300) .. "1")
  gloo.parse("{" .. rep('"x": "text", ', 300) .. '"x":"x"}')
  gloo.parse("[" .. rep('{"a": "x", "b": 12, "c": "\\u201c"}, ', 200) .. "1]")
  for _ = 1, 6 do gloo.parse("12345678901234") end -- no longer number is counted up
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

local function warm()
  warm_parser()
  warm_lists()
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
    gloo.call_base64_decode(nil, gloo.call_base64_encode(nil, text))
  end
  gloo.call_trim(nil, rep(" ", 200) .. "x" .. rep(" ", 200))
  gloo.is_number(rep("1", 200))
  gloo.contains(plain, "x")
  gloo.form_fields(rep("a=1&", 100))
  gloo.form_lists(rep("a=1&", 100))
  gloo.query("/?" .. rep("a=1&", 100), "b")
  gloo.cookie(rep("a=1; ", 100), "b")
end

gloo.refill(math.huge)
warm()
gloo.paced()

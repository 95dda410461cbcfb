-- Regular expressions. All the places where a match may be are walked at once, each at most once for a byte of the
-- text: the time is that of text times regex, whatever they hold, and it is taken from the request's budget.
--
-- Steps: {"C", ranges} one byte; {"S", slot} note the position; {"F", first, second} fork; {"J", to} jump; {"^"} {"$"}
-- edges of the text; {"M"} match. Captures are never changed, only copied: group n is in the slots 2n + 1 and 2n + 2, and
-- group 0 is the match as a whole; a regex notes those groups only that are asked for.

local byte, sub, concat = string.byte, string.sub, table.concat
local spend = gloo.spend

function gloo.regex(steps)
  local sets = {} -- steps with the same ranges share one set
  for _, step in ipairs(steps) do
    local ranges = step[1] == "C" and step[2]
    if ranges and not sets[ranges] then
      local set = {}
      for i = 1, #ranges, 2 do
        for code = byte(ranges, i), byte(ranges, i + 1) do set[code] = true end
      end
      sets[ranges] = set
    end
    step.set = ranges and sets[ranges]
  end
  return steps
end

local function with_slot(captures, slot, position)
  local copy = {}
  for key, value in pairs(captures) do copy[key] = value end
  copy[slot] = position
  return copy
end

-- Adds the step `at` to the places of position `i`, through all that takes no byte; what was there first goes first.
local function add(places, steps, at, captures, i, length)
  if places.seen[at] == i then return end
  places.seen[at] = i
  places.work = places.work + 8
  local step = steps[at]
  local kind = step[1]
  if kind == "J" then
    add(places, steps, step[2], captures, i, length)
  elseif kind == "F" then
    add(places, steps, step[2], captures, i, length)
    add(places, steps, step[3], captures, i, length)
  elseif kind == "S" then
    places.work = places.work + 60
    add(places, steps, at + 1, with_slot(captures, step[2], i), i, length)
  elseif kind == "^" or kind == "$" then
    if i == (kind == "^" and 1 or length + 1) then add(places, steps, at + 1, captures, i, length) end
  else
    local count = places.count + 1
    places.count, places[2 * count - 1], places[2 * count] = count, at, captures
  end
end

-- The captures of the first match at or after `from`, or with `whole` of the match of the whole text; nil if none.
local function search(steps, s, from, whole)
  local length, found = #s, nil
  spend(80)
  local now, soon = {count = 0, work = 0, seen = {}}, {count = 0, work = 0, seen = {}}
  for i = from, length + 1 do
    if not found and (i == from or not whole) then add(now, steps, 1, gloo.empty, i, length) end
    if now.count == 0 and (found or whole) then break end
    spend(15 + 12 * now.count + now.work)
    local c = byte(s, i)
    for place = 1, now.count do
      local at, captures = now[2 * place - 1], now[2 * place]
      local step = steps[at]
      if step[1] == "M" then
        if not whole or i == length + 1 then
          found = captures
          break -- the places after it are worth less
        end
      elseif c and step.set[c] then
        add(soon, steps, at + 1, captures, i + 1, length)
      end
    end
    now, soon = soon, now
    soon.count, soon.work = 0, 0
  end
  return found
end

local function group(s, captures, number)
  local first, stop = captures[2 * number + 1], captures[2 * number + 2]
  return first and stop and sub(s, first, stop - 1) or nil
end

-- What group `number` holds if the whole of `s` matches; nil if it does not, or the group took no part.
function gloo.extract(s, steps, number)
  local captures = s and search(steps, s, 1, true)
  return captures and group(s, captures, number) or nil
end

-- `s` with what group `number` holds replaced, if the whole of it matches; else as it is.
function gloo.replace_group(s, steps, number, text)
  local captures = s and search(steps, s, 1, true)
  local first = captures and captures[2 * number + 1]
  if not first then return s end
  return sub(s, 1, first - 1) .. text .. sub(s, captures[2 * number + 2])
end

function gloo.matches(s, steps) return search(steps, s, 1, false) ~= nil end

-- `s` with every match replaced by `parts`: texts, and numbers of groups.
function gloo.replace_all(s, steps, parts)
  if not s then return nil end
  local out, at = {}, 1
  while at <= #s do
    local captures = search(steps, s, at, false)
    if not captures then break end
    out[#out + 1] = sub(s, at, captures[1] - 1)
    for i = 1, #parts do
      local part = parts[i]
      out[#out + 1] = type(part) == "number" and (group(s, captures, part) or "") or part
      spend(#out[#out] / 8)
    end
    at = captures[2]
  end
  out[#out + 1] = sub(s, at)
  return (concat(out))
end

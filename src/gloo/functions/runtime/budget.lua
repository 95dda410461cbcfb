-- What one rendering may cost, in units of about 10 ns: no request, however made, keeps a worker for long. Whatever takes
-- longer for a longer value spends before it works; what each pass of a loop costs is told by the compiler.

local MOST = 2097152 -- bytes of what a template makes: what its route has Envoy keep
local TOO_MUCH = {status = 400, code = "too_long", message = "the function's output is too long for this request"}
gloo.most_made, gloo.too_much = MOST, TOO_MUCH
local budget, written = 0, 0

-- A rendering starts. `sound`: all its values are valid UTF-8, for they are of a JSON body.
function gloo.refill(units, sound)
  budget, written, gloo.sound = units, 0, sound or false
  gloo.randoms, gloo.time, gloo.noted = nil, nil, nil
  gloo.reuse()
end

local function spend(units)
  budget = budget - units
  if budget < 0 then gloo.fail(400, "too_long", "the function takes too long for this request") end
end
gloo.spend = spend

-- The body of a message, for those who replace it. Where trailers come without any data, the first call waits for them
-- and finds nothing; the second one makes an empty body.
function gloo.whole_body(handle) return handle:body(true) or handle:body(true) end

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

-- One pass of a loop that writes to `out` and costs `units`; what the passes before it have written costs, too.
function gloo.pass(out, units)
  local length = #out
  spend(units + (length > written and (length - written) / 2 or 0))
  written = length
  if length > MOST then error(TOO_MUCH) end
end

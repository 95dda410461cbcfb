-- What Envoy calls for a request.

local pcall, tostring, tonumber = pcall, tostring, tonumber

local function refuse(handle, program, failure)
  local status, code, body = gloo.error_answer(handle, program, failure)
  handle:respond({[":status"] = tostring(status), ["content-type"] = "application/json", ["x-gloo-error"] = code}, body)
end

local MOST = 1048576 -- bytes of a body that is replaced

-- An answer that will be read must come whole and not compressed.
function gloo.ask_plain(headers)
  headers:remove("accept-encoding")
  headers:remove("range")
end

-- What the answer needs of the request as it came.
local function notes_for(program, headers)
  local method = headers:get(":method")
  if method ~= "HEAD" and #program.kept == 0 then return program.id end
  local notes = program.id .. "\n" .. method
  for i = 1, #program.kept do notes = notes .. "\n" .. (headers:get(program.kept[i]) or "") end
  return notes
end

function envoy_on_request(handle)
  if gloo.cold then gloo.warm_up() end
  local context = handle:filterContext()
  local program = gloo.program_called(context:get("id"))
  if not program then
    local loaded
    loaded, program = pcall(gloo.program_of, context)
    if not loaded then return refuse(handle, gloo.broken, program) end
    if not program then return end
  end
  local waits, longest = program.writes_body or program.reads_body, program.reads_body and program.longest or MOST
  local announced = waits and handle:headers():get("content-length")
  if announced and tonumber(announced) > longest then return refuse(handle, program, gloo.too_long(longest)) end
  local body, text -- the body first: waiting for it ends the life of the headers object
  if program.writes_body then body = gloo.whole_body(handle) elseif program.reads_body then body = handle:body() end
  local headers = handle:headers()
  local length = body and body:length() or 0
  if length > longest then return refuse(handle, program, gloo.too_long(longest)) end
  local encoding = body and headers:get("content-encoding")
  if body and program.reads_body then
    text = body:getBytes(0, length)
    if encoding and text ~= "" and encoding ~= "identity" then
      return refuse(handle, program, {status = 415, code = "encoded_body", message = "the body is compressed"})
    end
  end
  local notes = program.responses and notes_for(program, headers)
  gloo.refill(program.work, program.sound)
  gloo.handle = handle
  local rendered, result = pcall(program.request, headers, text)
  if rendered and result and #result > gloo.most_made then rendered, result = false, gloo.too_much end
  if not rendered then return refuse(handle, program, result) end
  if notes then gloo.remember(handle, notes) end
  if result then
    body:setBytes(result)
    if result == "" then headers:remove("content-type") end
    if encoding and headers:get("content-encoding") == encoding then headers:remove("content-encoding") end -- the old body's
  end
end

-- Values that other filters and the environment have.

local type, pairs, getenv = type, pairs, os.getenv

-- A value of Envoy's metadata as one of ours; keys in their order.
local function own(value)
  if type(value) ~= "table" then return value end
  local copy = {}
  if value[1] ~= nil then
    gloo.spend(10 * #value)
    for i = 1, #value do copy[i] = own(value[i]) end
    copy[0] = #value
    return copy
  end
  for key in pairs(value) do
    gloo.spend(50)
    copy[#copy + 1] = key
  end
  table.sort(copy)
  for i = 1, #copy do copy[copy[i]] = own(value[copy[i]]) end
  return copy
end

-- The metadata that a filter left under `namespace` for this request; nil if there is none. It is taken over once.
function gloo.metadata(namespace, key)
  gloo.noted = gloo.noted or {}
  local name = namespace .. "\n" .. key
  if gloo.noted[name] == nil then
    local fields = gloo.handle:streamInfo():dynamicMetadata():get(namespace)
    gloo.noted[name] = {fields and own(fields[key])}
  end
  return gloo.noted[name][1]
end

-- A claim of the token that was verified before.
function gloo.jwt_claim(name)
  return gloo.field(gloo.metadata("envoy.filters.http.jwt_authn", "payload"), name)
end

-- A variable of Envoy's environment; without a site a missing one is nil.
function gloo.env(name, site)
  local value = getenv(name)
  if value == nil and site then gloo.fail(500, "missing_env", "is not set in the environment of Envoy", site) end
  return value
end

-- `value` with every occurrence of `pattern` replaced by 22 random characters: the same ones all over one rendering.
function gloo.call_replace_with_random(site, value, pattern)
  gloo.spend(100)
  gloo.randoms = gloo.randoms or {}
  gloo.randoms[pattern] = gloo.randoms[pattern] or gloo.call_base64_encode(site, gloo.random_bytes(16)):sub(1, 22)
  return gloo.call_replace(site, value, pattern, gloo.randoms[pattern])
end

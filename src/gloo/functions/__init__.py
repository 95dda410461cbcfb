"""The function compiler: template and parameters in, Lua program out. Pure: no Envoy, no I/O."""

"""Typed builders of Envoy messages; with `gloo.xds` the only code that imports the protobuf classes."""

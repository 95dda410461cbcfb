"""Configuration in, Envoy snapshot and reports out. Pure."""

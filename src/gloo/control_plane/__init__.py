"""The loop from the store to Envoy, and its settings."""

"""Serving snapshots to Envoy: cache, ADS streams, ACK and NACK."""

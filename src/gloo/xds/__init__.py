"""Serving snapshots to Envoy: cache, ADS streams, ACK and NACK."""

from gloo.xds.cache import Receipt, SnapshotCache
from gloo.xds.messages import Verdict
from gloo.xds.server import AdsServer

__all__ = ["AdsServer", "Receipt", "SnapshotCache", "Verdict"]

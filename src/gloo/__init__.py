"""gloo, the function gateway: configuration objects in, a stock Envoy that calls functions out."""

__version__ = "0.1.0"

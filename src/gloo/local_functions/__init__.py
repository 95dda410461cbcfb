"""Python functions as an upstream: worker processes that serve them, kept running and up to date."""

"""Asking upstreams for their functions: only those whose user says so, seldom, and never all at once."""

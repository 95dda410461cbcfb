"""The command gloo: one file per command."""

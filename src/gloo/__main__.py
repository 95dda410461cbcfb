"""`python -m gloo` is `gloo`, for an interpreter whose commands are not on the PATH."""

from gloo.cli import main

main()

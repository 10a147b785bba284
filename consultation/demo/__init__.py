"""A whole consultation in one command: every part real, every person invented."""

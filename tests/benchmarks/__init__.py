"""Measures that repeat: nothing here is a test, because a shared machine proves no time."""

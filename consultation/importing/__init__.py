"""Importing: questionnaires written for other tools become ours, and nothing is lost unsaid.

Each format is read into one common form (`form`), its conditions into one common tree
(`expressions`); these become our conditions (`evaluation`, `logic`), then our YAML (`writing`).
"""

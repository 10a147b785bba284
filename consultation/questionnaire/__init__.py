"""The questionnaire language: what a YAML file means. Pure: no web, no database."""

"""Questionnaires as other tools write them, small and made for the tests."""

"""What a WSGI server runs: `gunicorn wsgi:app`. CONSULTATION_SIDES names the sides it serves."""

from consultation.app import served

app = served()

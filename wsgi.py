"""What a WSGI server runs: `gunicorn wsgi:app`. CONSULTATION_SIDES names the sides it serves."""

import gc

from consultation.app import served

app = served()
gc.freeze()  # what is loaded stays: reading a long list had all of it looked at again, for nothing

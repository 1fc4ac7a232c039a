"""What a WSGI server runs: `gunicorn wsgi:app`. Faults in settings, policy, lexicon or model stop it with their list."""

import sys

from moderation.errors import LoadError
from moderation.service.app import create_app

try:
    app = create_app()
except LoadError as error:
    sys.exit(str(error))

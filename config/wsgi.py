"""The WSGI entry point for the web server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# After the application: before it there are no settings and no models.
from core.memory import freeze_what_is_loaded  # noqa: E402

freeze_what_is_loaded()

"""The product's own settings, with the plain pages beside its own and tasks done where they are asked for."""

import os
import runpy
from pathlib import Path

# Run and not imported: the package ``config`` makes the Celery application, which asks for these very settings.
globals().update(
    {
        name: value
        for name, value in runpy.run_path(
            str(Path(__file__).resolve().parent.parent / "config" / "settings.py")
        ).items()
        if name.isupper()
    }
)

# The harness collects the static files beside its databases, not in the checkout.
STATIC_ROOT = os.environ["BENCHMARK_STATIC_ROOT"]
ROOT_URLCONF = "benchmarks.urls"
# A large import runs in the worker. Here the process that uploads does the same work itself, so that its time, its
# queries and its memory are those of the import and not of a broker's waiting.
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

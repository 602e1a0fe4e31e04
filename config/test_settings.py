"""Settings for tests: the real ones, away from the data of the installation beside them."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

# Set before the settings are read. Each process has a folder of its own, so that test runs can go side by side.
TEST_DATA_DIR = Path(tempfile.mkdtemp(prefix="xiaohao-tests-"))
atexit.register(shutil.rmtree, TEST_DATA_DIR, ignore_errors=True)

# What stands in the environment is about the installation, not about tests; TEST_DATABASE_URL is.
FROM_OUTSIDE = (
    "ALLOWED_HOSTS",
    "DEBUG",
    "EMAIL_HOST",
    "MEDIA_ROOT",
    "PORT",
    "REDIS_URL",
    "SECRET_KEY",
    "SITE_URL",
)
for name in FROM_OUTSIDE:
    os.environ.pop(name, None)
os.environ["DATA_DIR"] = str(TEST_DATA_DIR)
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASE, STORAGES  # noqa: E402

if DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in use: the live server's threads and real workers share it with the test.
    DATABASE["TEST"] = {"NAME": str(TEST_DATA_DIR / "test.sqlite3")}
# Persistent connections of the live server's threads would keep a test database from being dropped.
DATABASE["CONN_MAX_AGE"] = 0

# Static files straight from the source, without collecting them first.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
STATIC_ROOT = TEST_DATA_DIR / "staticfiles"
STATIC_ROOT.mkdir()

# Signing in takes a quarter of a second with the real one.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

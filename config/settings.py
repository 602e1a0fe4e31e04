"""Django's settings. What differs from one installation to another comes from the environment (core/env.py)."""

import os
import sys
from pathlib import Path
from typing import Any

import django_stubs_ext
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from core.env import WrongEnvironment, read_environment

# Lets classes such as ModelForm be written with the model that they are for, as in ModelForm[Ledger].
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

try:
    ENV = read_environment(os.environ, base_dir=BASE_DIR)
except WrongEnvironment as error:
    # Every process of the site comes by here: the lines alone, without a traceback, whoever started it.
    sys.exit("\n".join(["The environment is not right:", *error.lines]))

# --- The site -----------------------------------------------------------------------------------------------

DEBUG = ENV.debug
SECRET_KEY = ENV.secret_key
SITE_URL = ENV.site_url
ALLOWED_HOSTS = ENV.allowed_hosts
CSRF_TRUSTED_ORIGINS = ENV.csrf_trusted_origins
# The demo organ may be loaded into an empty database, and its sign-ins shown.
DEMO = ENV.demo

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

INSTALLED_APPS = [
    "supervision.apps.SupervisionConfig",
    "remediation.apps.RemediationConfig",
    "accounts.apps.AccountsConfig",
    "core.apps.CoreConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "csp",
    "django_filters",
    "django_htmx",
    "django_tables2",
]

MIDDLEWARE = [
    # First: all others, and the page, are calls below it.
    "core.call_stack.with_room",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Below WhiteNoise, whose files were compressed when they were collected; above all that writes into an answer.
    "core.compression.PageCompression",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.language.PersonLanguage",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.sign_in_redirect.SignInRedirect",
    "accounts.must_change.MustChangePassword",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.shell.frame",
                "remediation.context.ledger_switcher",
            ]
        },
    }
]
FORM_RENDERER = "core.form_renderer.LookRenderer"
DJANGO_TABLES2_TEMPLATE = "tables/table.html"

# --- Data ---------------------------------------------------------------------------------------------------

DATA_DIR = ENV.data_dir
DATABASE: dict[str, Any] = {
    **ENV.database,
    "CONN_MAX_AGE": 600,
    "CONN_HEALTH_CHECKS": True,
    # A request is no transaction: each command opens its own, as short as it can be.
    "ATOMIC_REQUESTS": False,
}
if DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    Path(DATABASE["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    DATABASE["OPTIONS"] = {
        # A transaction that means to write takes the write lock at its beginning: one that takes it later is
        # refused at once when another wrote in between, whatever the timeout.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # WAL: readers never wait for the writer. NORMAL is safe with it: a power cut loses the last moments at most.
        # Each connection, and so each thread of a web process, has such a cache (here 8 MB): with 32 MB a process that
        # reads a ledger of 100,000 measures came to 271 MB instead of 168 (docs/performance.md).
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-8192",
    }
DATABASES = {"default": DATABASE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": ENV.redis_url,
            "KEY_PREFIX": "xiaohao",
        }
        if ENV.redis_url
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

# Uploaded files are private: no address serves this folder, only views that ask who is looking.
MEDIA_ROOT = ENV.media_root
MEDIA_URL = ""
PRIVATE_MEDIA_ROOT = MEDIA_ROOT
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "core.front_end.BundleFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage",
        # Collected by whoever installs, read by the account that serves them: what holds for uploads would lock it out.
        "OPTIONS": {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755},
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# --- People -------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# django-allauth: sign-in by account name alone; nobody signs up, no mail goes out.
ALLAUTH_TRUSTED_PROXY_COUNT = ENV.trusted_proxies
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_USERNAME_MIN_LENGTH = 2
ACCOUNT_FORMS = {
    "login": "accounts.forms.passwords.SignInForm",
    "change_password": "accounts.forms.passwords.ChangePasswordForm",
}
# An organ's offices share one address behind a router: the limit per address is wider than that per account.
ACCOUNT_RATE_LIMITS = {
    "login": "120/m/ip",
    "login_failed": "60/m/ip,5/300s/key",
    "change_password": "10/m/user",
}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accounts:home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# Where "/" leads, by role; a person with several roles goes by the first of them.
ROLE_HOMES = {
    "leader": "supervision:dashboard",
    "supervision_office": "supervision:dashboard",
    "ledger_admin": "remediation:desk",
    "office_head": "remediation:work",
    "clerk": "remediation:work",
    "discipline_group": "supervision:dashboard",
    "sys_admin": "accounts:account_list",
    "sec_admin": "accounts:role_list",
    "audit_admin": "accounts:audit_log",
}
# Who may be tried at sign-in: asked in the demo only, returns {role: account with username, name, password}.
SIGN_IN_SUGGESTIONS = "supervision.demo.organ.sign_ins_by_role"

SESSION_COOKIE_AGE = 12 * 60 * 60
# Kept in the database, and read from the cache, which several web processes share.
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_SECURE = ENV.https
CSRF_COOKIE_SECURE = ENV.https

# --- What browsers are told ---------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # Bootstrap's own icons are data: addresses inside its style sheet.
        "img-src": [SELF, "data:"],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [SELF],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = ENV.https
# The health check asks from inside the machine, past the proxy that ends TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if ENV.https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = ENV.https
if ENV.trusted_proxies:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Being on the browsers' preload list is the decision of whoever owns the domain, not of one site below it.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

# --- Words and times ----------------------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
FORMAT_MODULE_PATH = ["config.formats"]

# --- Mail ---------------------------------------------------------------------------------------------------

if ENV.email_host:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
elif ENV.demo:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
else:
    # No mail server is named: no mail goes out, and none is written into a log either.
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
EMAIL_HOST = ENV.email_host
EMAIL_PORT = ENV.email_port
EMAIL_HOST_USER = ENV.email_user
EMAIL_HOST_PASSWORD = ENV.email_password
EMAIL_USE_TLS = ENV.email_use_tls
EMAIL_USE_SSL = ENV.email_use_ssl
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = ENV.email_from

# --- Work in the background ---------------------------------------------------------------------------------

# The schedule itself is in config/celery.py.
if ENV.redis_url:
    CELERY_BROKER_URL = ENV.redis_url
    # Longer than the longest task: a message that was not acknowledged is handed out again after this.
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"visibility_timeout": 2 * 60 * 60}
else:
    CELERY_BROKER_URL = "filesystem://localhost"
    CELERY_BROKER_TRANSPORT = "core.file_broker:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {"folder": str(DATA_DIR / "broker")}
    # Nobody asks this worker anything over the broker, and questions would pile up as files.
    CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_STORE_ERRORS_EVEN_IF_IGNORED = False
# Acknowledged when done: a worker that dies gives its task back. Every task is safe to run twice.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_CONCURRENCY = ENV.worker_concurrency
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_TASK_SOFT_TIME_LIMIT = 30 * 60
CELERY_TASK_TIME_LIMIT = 35 * 60
CELERY_TIMEZONE = TIME_ZONE
# When the reminders of a working day go out (config/celery.py, supervision/tasks.py).
REMIND_AT = ENV.remind_at
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat" / "schedule")

# --- Log ----------------------------------------------------------------------------------------------------

# One line a message, on stderr: whoever runs the process keeps, rotates and searches it.
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s [%(name)s] %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": ENV.log_level},
    "loggers": {
        # Django's own handlers would print its messages a second time, and only in DEBUG.
        "django": {"handlers": [], "level": ENV.log_level, "propagate": True},
        # A sweep that found nothing to do is no news; a task that fails is.
        **{
            name: {"level": "DEBUG" if ENV.log_level == "DEBUG" else "WARNING"}
            for name in ("celery.beat", "celery.worker", "celery.app.trace", "celery.apps.worker")
        },
    },
}

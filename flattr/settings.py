"""Settings, all read from the environment; a missing or wrong value stops the start and names itself.

`FLATTR_ENV` says which of two worlds this is. `development` has defaults for everything;
`production` insists on every value whose default would be unsafe. `.env.example` describes them all.
"""

import sys
from email.utils import parseaddr
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import django_stubs_ext
from csp.constants import NONE, SELF
from environs import Env, EnvError, validate

from flattr import social
from flattr.countries import EEA
from flattr.outside.network import Network
from flattr.schedule import SCHEDULE
from flattr.signing_in import *  # noqa: F403  They are settings.

django_stubs_ext.monkeypatch()

BASE_DIR: Final = Path(__file__).resolve().parent.parent

STRIPE_ITSELF: Final = "https://api.stripe.com"

env = Env()

try:
    FLATTR_ENV: str = env.str("FLATTR_ENV", validate=validate.OneOf(["development", "production"]))
    DEVELOPMENT = FLATTR_ENV == "development"

    SECRET_KEY: str = (
        env.str("SECRET_KEY", "development-only-" + "0" * 50)
        if DEVELOPMENT
        else env.str("SECRET_KEY", validate=validate.Length(min=50))
    )
    SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", [])
    DATABASE_URL: str = env.str("DATABASE_URL", validate=validate.Regexp(r"^postgres(ql)?://"))
    REDIS_URL: str = env.str("REDIS_URL", validate=validate.Regexp(r"^(rediss?|unix)://"))
    DATABASES = {"default": env.dj_db_url("DATABASE_URL", conn_max_age=600, conn_health_checks=True)}

    APP_URL: str = (
        env.str("APP_URL", "http://localhost:8000", validate=validate.URL(require_tld=False))
        if DEVELOPMENT
        else env.str("APP_URL", validate=validate.URL(schemes=["https"]))
    ).rstrip("/")
    # What other people's pages show comes from a host of its own, where nobody's session is sent.
    EMBED_URL: str = (
        env.str("EMBED_URL", APP_URL.replace("://", "://embed."), validate=validate.URL(require_tld=False))
        if DEVELOPMENT
        else env.str("EMBED_URL", validate=[validate.URL(schemes=["https"]), validate.NoneOf([APP_URL])])
    ).rstrip("/")
    ALLOWED_HOSTS: list[str] = env.list(
        "ALLOWED_HOSTS",
        ["localhost", ".localhost", "127.0.0.1", "[::1]"]
        if DEVELOPMENT
        else [urlsplit(APP_URL).hostname or "", urlsplit(EMBED_URL).hostname or ""],
    )
    WEB_THREADS: int = env.int("WEB_THREADS", 8, validate=validate.Range(1, 200))
    TRUSTED_PROXY: bool = env.bool("TRUSTED_PROXY", False)
    LOG_LEVEL: str = env.str("LOG_LEVEL", "INFO", validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR"]))

    _speaks_mail = validate.Regexp(r"^(console|file|smtp|smtps|submission):")
    EMAIL_URL: str = (
        env.str("EMAIL_URL", "console:", validate=_speaks_mail)
        if DEVELOPMENT
        else env.str("EMAIL_URL", validate=_speaks_mail)
    )
    EMAIL: dict[str, object] = env.dj_email_url("EMAIL_URL", "console:")
    DEFAULT_FROM_EMAIL: str = (
        env.str("DEFAULT_FROM_EMAIL", "Flattr <hello@flattr.example>")
        if DEVELOPMENT
        else env.str("DEFAULT_FROM_EMAIL")
    )

    _reaches_us = validate.Regexp(r"^(mailto:[^\s@]+@|https://)[^\s@]+\Z")
    SECURITY_CONTACT: str = env.str(
        "SECURITY_CONTACT", f"mailto:{parseaddr(DEFAULT_FROM_EMAIL)[1]}", validate=_reaches_us
    )

    _is_provider = validate.OneOf(["sandbox", "stripe"])
    PAYMENT_GATEWAY: str = (
        env.str("PAYMENT_GATEWAY", "sandbox", validate=_is_provider)
        if DEVELOPMENT
        else env.str("PAYMENT_GATEWAY", validate=_is_provider)
    )
    STRIPE_MODE, STRIPE_KEY, STRIPE_API_URL = "", "", ""
    STRIPE_WEBHOOK_SECRETS: list[str] = []
    if PAYMENT_GATEWAY == "stripe":
        STRIPE_MODE = env.str("STRIPE_MODE", validate=validate.OneOf(["test", "live"]))
        _is_key = validate.Regexp(
            rf"^(sk|rk)_{STRIPE_MODE}_\w+\Z", error=f"Not a secret or restricted key of {STRIPE_MODE} mode."
        )
        STRIPE_KEY = env.str("STRIPE_KEY", validate=_is_key)
        _are_secrets = validate.Regexp(
            r"^whsec_[^,\s]+(,whsec_[^,\s]+)*\Z", error="Not secrets that begin with whsec_, separated by commas."
        )
        STRIPE_WEBHOOK_SECRETS = env.str("STRIPE_WEBHOOK_SECRETS", validate=_are_secrets).split(",")
        # Live money goes to Stripe and nowhere else; what takes Stripe's place in tests gets a test key at most.
        STRIPE_API_URL = env.str(
            "STRIPE_API_URL",
            STRIPE_ITSELF,
            validate=validate.Equal(STRIPE_ITSELF)
            if STRIPE_MODE == "live"
            else validate.URL(schemes=["http", "https"], require_tld=False),
        ).rstrip("/")
    STRIPE_LIVE = STRIPE_MODE == "live"
    PLATFORM_FEE_BASIS_POINTS: int = env.int("PLATFORM_FEE_BASIS_POINTS", 1000, validate=validate.Range(0, 5000))
    # Stripe's list prices for cards and SEPA debits of the European Economic Area.
    CARD_FEE_CENTS: int = env.int("CARD_FEE_CENTS", 25, validate=validate.Range(0, 1000))
    CARD_FEE_BASIS_POINTS: int = env.int("CARD_FEE_BASIS_POINTS", 150, validate=validate.Range(0, 5000))
    DEBIT_FEE_CENTS: int = env.int("DEBIT_FEE_CENTS", 35, validate=validate.Range(0, 1000))
    MINIMUM_PAYOUT_CENTS: int = env.int("MINIMUM_PAYOUT_CENTS", 2500, validate=validate.Range(1, 1_000_000))
    SECOND_REVIEW_CENTS: int = env.int("SECOND_REVIEW_CENTS", 100_000, validate=validate.Range(0, 100_000_000))
    PAYOUT_COUNTRIES: list[str] = env.list("PAYOUT_COUNTRIES", EEA, validate=validate.ContainsOnly(EEA))
    DISPUTE_LOSSES_BORNE_BY: str = env.str(
        "DISPUTE_LOSSES_BORNE_BY", "platform", validate=validate.OneOf(["platform", "creators"])
    )
    HOLD_UNTIL_DAY: int = env.int("HOLD_UNTIL_DAY", 10, validate=validate.Range(1, 28))
    SETTLEMENT_RANGE_FANS: int = env.int("SETTLEMENT_RANGE_FANS", 2000, validate=validate.Range(1, 100_000))
    SOCIALACCOUNT_PROVIDERS = social.providers(env)
except EnvError as error:
    sys.exit(f"Flattr can't start: {error}. See .env.example for every variable.")

# Core ---------------------------------------------------------------------------------------------

DEBUG = False
ROOT_URLCONF = "flattr.urls"
SHORT_WAY_URLCONF = "buttons.short_way_urls"
EMBED_URLCONF = "buttons.embed_urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    *social.APPS,
    "csp",
    "drf_spectacular",
    "rest_framework",
    "flattr",
    "accounts",
    "buttons",
    "payouts",
    "payouts.ledger",
    "payouts.gateway.sandbox",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "flattr.middleware.private_unless_said_otherwise",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "flattr.indexing.unlisted_unless_said_otherwise",
    "flattr.middleware.serve_embed_host",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "flattr.middleware.answer_health_checks",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "flattr.middleware.show_times_of_the_visitor",
]
if DEVELOPMENT:
    # Demo host sites live on names of their own beside ours, as real ones do.
    MIDDLEWARE.insert(0, "flattr.development.host_sites.serve_host_sites")

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["django.templatetags.i18n", "flattr.templatetags.money"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "flattr.context_processors.house",
                "accounts.context_processors.visitor",
            ],
        },
    },
]

# Databases and queues -----------------------------------------------------------------------------

# A host that is cut off says nothing to anybody. Without these the database would keep what its transactions
# have locked, such as a range of fans, for hours, and its processes would wait for answers as long. Both ends give
# up one who doesn't answer for 20 seconds; one who answers, but whose process is stuck in a transaction, loses it
# after five minutes. What stands in DATABASE_URL comes before.
_SILENCE_SECONDS: Final = 20
_FIRST_PROBE_SECONDS: Final = 10
_PROBE_SECONDS: Final = 5
_SESSION: Final = {
    "tcp_keepalives_idle": _FIRST_PROBE_SECONDS,
    "tcp_keepalives_interval": _PROBE_SECONDS,
    "tcp_user_timeout": _SILENCE_SECONDS * 1000,
    "idle_in_transaction_session_timeout": "5min",
}
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 5,
    "keepalives_idle": _FIRST_PROBE_SECONDS,
    "keepalives_interval": _PROBE_SECONDS,
    "tcp_user_timeout": _SILENCE_SECONDS * 1000,
    "options": " ".join(f"-c {name}={value}" for name, value in _SESSION.items()),
    **DATABASES["default"].get("OPTIONS", {}),
}

CACHES = {
    "default": {
        "BACKEND": "flattr.cache.RedisOrMemoryCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    },
    # What is asked for so often that the way to Redis would be most of the work, and may differ between processes.
    "process": {
        "BACKEND": "flattr.cache.ProcessCache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    },
}

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_TASK_IGNORE_RESULT = True
# What asks servers of strangers may have workers of its own, so that a month's end never waits for it.
# Accounts that are closed may be connected to such servers.
CELERY_TASK_ROUTES = {
    task: {"queue": "outside"}
    for task in (
        "buttons.tasks.check_site",
        "buttons.tasks.check_page",
        "buttons.tasks.read_page",
        "buttons.tasks.post_digest",
        "payouts.tasks.advance_closing",
    )
}
# A task is taken off the queue only when it is done, so a killed worker's task runs again elsewhere.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Tasks share a process's connection to the database, as requests do; `flattr.celery` drops one that died.
CELERY_DB_REUSE_MAX = 1_000_000
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 5,
    # A doorbell that can't be rung soon is given up; the sweeps find what it would have announced.
    "max_retries": 1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = SCHEDULE

# People -------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
# How people sign up and log in stands in `flattr/signing_in.py`; what depends on the environment, here.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEVELOPMENT
# The second factor of the demo world's people, as public as their password. Nobody in production has it.
DEMO_TOTP_SECRET = "FLATTRDEMOSECONDFACTORFORTESTS23" if DEVELOPMENT else ""
# Limits count the address that the last so many proxies saw; what a visitor writes into the header is before that.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if TRUSTED_PROXY else 0

# Web ----------------------------------------------------------------------------------------------

# Forms have a few kB, and what a payment provider tells has tens. Nothing is read beyond this.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "flattr.views.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# A form of ours leads on to pages of the provider's, which browsers take for a part of sending it.
_PROVIDER_PAGES = {
    "": [],
    STRIPE_ITSELF: ["https://checkout.stripe.com", "https://connect.stripe.com"],
}.get(STRIPE_API_URL, [STRIPE_API_URL])
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF, *_PROVIDER_PAGES, *social.login_pages(SOCIALACCOUNT_PROVIDERS)],
        "frame-ancestors": [NONE],
    },
}
if TRUSTED_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
if not DEVELOPMENT:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    # The health checks come from inside, by plain HTTP.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True

STATIC_URL = "static/"
# Collected files are served in production alone; development finds each where it lies.
STATIC_ROOT = None if DEVELOPMENT else BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEVELOPMENT
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEVELOPMENT
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Flattr",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}

# Elsewhere ----------------------------------------------------------------------------------------

# The internet as it is. Tests alone have another one; no environment can set it.
OUTSIDE_NETWORK = Network()

# Email --------------------------------------------------------------------------------------------

EMAIL_BACKEND = str(EMAIL["EMAIL_BACKEND"])
EMAIL_FILE_PATH = EMAIL["EMAIL_FILE_PATH"]
EMAIL_HOST = EMAIL["EMAIL_HOST"]
EMAIL_PORT = EMAIL["EMAIL_PORT"]
EMAIL_HOST_USER = EMAIL["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = EMAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = EMAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = EMAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Languages and time -------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = not DEVELOPMENT
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "flattr.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Logs ---------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        # They would tell of each request, and of each letter of a paper.
        "stripe": {"level": "WARNING"},
        "fontTools": {"level": "WARNING"},
    },
}

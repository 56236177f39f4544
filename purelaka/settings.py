"""Settings for development and tests. What varies comes from the environment (see .env.example)."""

import sys
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.core.management.utils import get_random_secret_key
from dotenv import load_dotenv

from purelaka import env

BASE_DIR = Path(__file__).resolve().parent.parent
load_dotenv(env.path("ENV_FILE", BASE_DIR / ".env"))

TESTING = "test" in sys.argv[1:2]

# --- who we are -----------------------------------------------------------------------------------

STORE_NAME = env.text("STORE_NAME", "PureLaka")
# For receipts: who sold it, from where, and under which VAT number.
STORE_ADDRESS = env.text("STORE_ADDRESS")
STORE_VAT_NUMBER = env.text("STORE_VAT_NUMBER")
# The country that a checkout starts with: an ISO 3166 code.
STORE_COUNTRY = env.text("STORE_COUNTRY", "GB").upper()
# Whether the prices in the catalogue hold their tax, or it is added at the checkout.
PRICES_INCLUDE_TAX = env.flag("PRICES_INCLUDE_TAX", default=True)
# Written into the metadata of every Stripe object we make: tells ours from another application's.
INSTANCE = env.text("INSTANCE", "purelaka")

# --- Django ---------------------------------------------------------------------------------------

DEBUG = env.flag("DEBUG", default=True)
SECRET_KEY = env.text("SECRET_KEY") or get_random_secret_key()
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.items("CSRF_TRUSTED_ORIGINS")
# How many proxies of ours stand in front: the client's address is read that many hops back.
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0)

INSTALLED_APPS = [
    "purelaka.admin_config.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_countries",
    "django_htmx",
    "django.forms",
    "purelaka",
    "accounts",
    "audit",
    "staff",
    "catalog",
    "wishlist",
    "orders",
    "payments",
    "analyticsapp",
    "monitoring",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "purelaka.caching.keep_no_personal_page",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.privacy.remember_request",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "audit.middleware.client_address",
    "accounts.middleware.note_session",
    "accounts.middleware.RequireSecondFactor",
]

ROOT_URLCONF = "purelaka.urls"
WSGI_APPLICATION = "purelaka.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "purelaka.context.frame",
            ],
        },
    },
]

FORM_RENDERER = "purelaka.forms.FormRenderer"

# --- database -------------------------------------------------------------------------------------

DATABASE_URL = env.text("DATABASE_URL")
SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": DATABASE_URL.removeprefix("sqlite:///") or BASE_DIR / "db.sqlite3",
    "OPTIONS": {
        # Take the write lock at BEGIN: a transaction that reads, then writes, can't fail half-way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-64000;",
    },
}
DATABASES: dict[str, Any] = {
    "default": dj_database_url.parse(DATABASE_URL, conn_max_age=600, conn_health_checks=True)
    if DATABASE_URL and not DATABASE_URL.startswith("sqlite")
    else SQLITE
}
if DATABASE_URL and not DATABASE_URL.startswith("sqlite"):
    # Lets purelaka.sql prepare its statements. A pooler in between must keep prepared statements
    # (PgBouncer: max_prepared_statements above 0).
    DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = 5

# --- people ---------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_CHANGE_EMAIL = True  # one address each; a new one counts once its link was opened
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# "find_order" is ours: asking for the link to an order.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key", "find_order": "10/10m/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_ADAPTER = "accounts.adapter.SecondFactorAdapter"
MFA_TOTP_ISSUER = STORE_NAME
# Whoever works here sets up a second step of signing in before any page of the staff opens.
REQUIRE_STAFF_MFA = env.flag("REQUIRE_STAFF_MFA", default=False)

# 0: an analyst's pages and files carry a salted key in the place of a customer's email address.
ANALYST_SEES_PERSONAL_DATA = env.flag("ANALYST_SEES_PERSONAL_DATA", default=True)
PERSONAL_DATA_SALT = env.text("PERSONAL_DATA_SALT")

EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "shop@example.com")
MAIL_IN_BACKGROUND = False  # production does not let a page wait for the mail server
# Links in mails lead here.
SITE_URL = env.web_address("SITE_URL", "http://localhost:8000")

# --- words, days ----------------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
USE_I18N = True
USE_TZ = True
# The store's zone: a day on a dashboard or in a file is a day here. Moments are stored in UTC.
TIME_ZONE = env.text("TIME_ZONE", "Europe/London")
# What a visitor shops in until another currency is chosen.
DEFAULT_CURRENCY = env.text("DEFAULT_CURRENCY", "gbp").lower()

# --- payments -------------------------------------------------------------------------------------

PAYMENTS_USE_STRIPE = env.flag("PAYMENTS_USE_STRIPE", default=False)
STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY")
# Several, comma separated, while one is being rotated out.
STRIPE_WEBHOOK_SECRETS = env.items("STRIPE_WEBHOOK_SECRET")
if not (STRIPE_WEBHOOK_SECRETS or PAYMENTS_USE_STRIPE):
    # The pretended Stripe signs and posts within this process: any secret nobody knows will do.
    STRIPE_WEBHOOK_SECRETS = [f"whsec_{get_random_secret_key()}"]
STRIPE_API_BASE = env.text("STRIPE_API_BASE", "https://api.stripe.com")
# Only Stripe itself is told what people read: a fake one may refuse parameters it does not know.
STRIPE_DESCRIPTIONS = STRIPE_API_BASE == "https://api.stripe.com"
STRIPE_PUBLISHABLE_KEY = env.text("STRIPE_PUBLISHABLE_KEY")
STRIPE_PAYMENT_METHOD_TYPES = env.items("STRIPE_PAYMENT_METHOD_TYPES")
# The release train of the pinned SDK's API version.
STRIPE_JS_URL = env.text("STRIPE_JS_URL", "https://js.stripe.com/endive/stripe.js")
STRIPE_LIVEMODE = STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))
# In mock mode, what the pretended Stripe has to say is posted by a thread of the server; tests post it.
MOCK_POSTS_BY_ITSELF = not TESTING
OVERSELL_POLICY = env.choice("OVERSELL_POLICY", {"hold", "refund"}, "hold")
# Above it, in major units, what ops wants to refund of one order is approved by a second person.
REFUND_APPROVAL_LIMIT = env.amounts("REFUND_APPROVAL_LIMIT")
RESERVATION_MINUTES = env.integer("RESERVATION_MINUTES", 30, minimum=1)
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- audit ----------------------------------------------------------------------------------------

# Signs the chain over the audit log. Not in the database: who can write there can't forge it.
AUDIT_SEAL_KEY = env.text("AUDIT_SEAL_KEY")

# --- alerts ---------------------------------------------------------------------------------------

# Who is told of new issues: email addresses, and an address that takes Slack's messages.
ALERT_EMAILS = env.items("ALERT_EMAILS")
ALERT_WEBHOOK_URL = env.web_address("ALERT_WEBHOOK_URL")

# --- static files, browser policy -----------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
if TESTING:
    WHITENOISE_AUTOREFRESH = True  # nothing is collected there; else it warns of the missing folder
# Pictures that staff upload; catalog.views.pictures serves them.
MEDIA_URL = "media/"
MEDIA_ROOT = env.path("MEDIA_ROOT", BASE_DIR / "media")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"

# --- logs -----------------------------------------------------------------------------------------

LOG_LEVEL = env.choice("LOG_LEVEL", {"DEBUG", "INFO", "WARNING", "ERROR"}, "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"without_links": {"()": "purelaka.logs.WithoutLinks"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["without_links"]}
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}

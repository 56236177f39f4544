"""Settings for production: on top of the common ones, and refuses to start without its secrets."""

from django.core.exceptions import ImproperlyConfigured

from purelaka import env
from purelaka.settings import *  # noqa: F403

DEBUG = False
SECRET_KEY = env.required("SECRET_KEY")
ALLOWED_HOSTS = [*dict.fromkeys(env.required("ALLOWED_HOSTS").replace(" ", "").split(","))]
env.required("DATABASE_URL")
env.required("STRIPE_WEBHOOK_SECRET")
env.required("AUDIT_SEAL_KEY")
if PAYMENTS_USE_STRIPE:  # noqa: F405
    env.required("STRIPE_SECRET_KEY")
    env.required("STRIPE_PUBLISHABLE_KEY")
elif not env.flag("ALLOW_MOCK_PAYMENTS", default=False):
    raise ImproperlyConfigured(
        "PAYMENTS_USE_STRIPE=0 in production would take orders without taking money. Set "
        "PAYMENTS_USE_STRIPE=1, or ALLOW_MOCK_PAYMENTS=1 on a demonstration server."
    )

SECURE_SSL_REDIRECT = True
# A webhook or a probe answered with a redirect counts as failed: these two answer as they are.
SECURE_REDIRECT_EXEMPT = [r"^payments/webhook/?$", r"^monitoring/healthz/$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None  # noqa: F405
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
REQUIRE_STAFF_MFA = env.flag("REQUIRE_STAFF_MFA", default=True)

env.required("SITE_URL")
MAIL_IN_BACKGROUND = True
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 10

"""The project's settings, with one more address: the bare view to compare with."""

from purelaka.settings import *  # noqa: F403

DEBUG = False
MAIL_IN_BACKGROUND = True  # as in production
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
ROOT_URLCONF = "benchmarks.urls"
LOGGING = {"version": 1, "disable_existing_loggers": False}

"""Puts our admin site in the place of Django's."""

from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class AdminConfig(DjangoAdminConfig):
    default_site = "purelaka.admin_site.Site"

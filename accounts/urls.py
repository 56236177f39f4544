"""Signing in and a person's own account, by django-allauth."""

from django.urls import include, path

urlpatterns = [path("", include("allauth.urls"))]

"""Filters for what tells of a person. `{% load privacy %}`. Who may see it gets it unchanged."""

from django import template

from accounts import privacy

register = template.Library()

register.filter("person", privacy.person)
register.filter("private", privacy.private)
register.filter("without_people", privacy.without_people)

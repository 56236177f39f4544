"""Addresses of orders. `payments.order_urls` adds those of one order: they are one namespace."""

from django.urls import path

from orders import views

urlpatterns = [path("orders/", views.order_list, name="order-list")]

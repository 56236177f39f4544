"""Addresses of orders. `payments.order_urls` adds those of one order: they are one namespace."""

from django.urls import path

from orders.views import basket, checkout, customer, desk
from purelaka import converters  # noqa: F401 - registers `any`

urlpatterns = [
    path("basket/", basket.basket, name="basket"),
    path("basket/add/", basket.add, name="basket-add"),
    path("basket/change/", basket.change, name="basket-change"),
    path("basket/code/", basket.discount, name="basket-discount"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("orders/", desk.order_list, name="order-list"),
    path("my/orders/", customer.my_orders, name="my-orders"),
    path("my/orders/<any:number>/again/", customer.reorder, name="reorder"),
    path("find-order/", customer.find_order, name="find"),
    path("o/<str:token>/", customer.open_order, name="open"),
]

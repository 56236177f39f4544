"""Addresses of orders. `payments.order_urls` adds those of one order: they are one namespace."""

from django.urls import path

from orders.views import basket, checkout, customer, desk, saved, sending
from purelaka import converters  # noqa: F401 - registers `any`

urlpatterns = [
    path("basket/", basket.basket, name="basket"),
    path("basket/add/", basket.add, name="basket-add"),
    path("basket/change/", basket.change, name="basket-change"),
    path("basket/code/", basket.discount, name="basket-discount"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("orders/", desk.order_list, name="order-list"),
    path("orders/views/add/", saved.add_view, name="view-add"),
    path("orders/views/<int:pk>/", saved.edit_view, name="view-edit"),
    path("orders/views/<int:pk>/filter/", saved.refilter_view, name="view-refilter"),
    path("orders/views/<int:pk>/delete/", saved.delete_view, name="view-delete"),
    path("orders/send/", sending.confirm_sending, name="send-confirm"),
    path("orders/send/all/", sending.send_orders, name="send"),
    path("orders/packing-slips/", sending.packing_slips, name="packing-slips"),
    path("my/orders/", customer.my_orders, name="my-orders"),
    path("my/orders/<any:number>/again/", customer.reorder, name="reorder"),
    path("find-order/", customer.find_order, name="find"),
    path("o/<str:token>/", customer.open_order, name="open"),
]

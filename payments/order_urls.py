"""Addresses of orders: the list, which `orders` has, and one order with its money."""

from django.urls import path

from orders.urls import urlpatterns as of_the_list
from payments.views import customer, jump, orders

app_name = "orders"

urlpatterns = [
    *of_the_list,
    path("jump/", jump.jump, name="jump"),
    path("orders/<any:number>/fulfil/", orders.fulfil_order, name="order-fulfil"),
    path("orders/<any:number>/cancel/", orders.cancel_order, name="order-cancel"),
    path("orders/<any:number>/note/", orders.note_order, name="order-note"),
    path("orders/<any:number>/mails/<int:mail_id>/again/", orders.resend_mail, name="mail-resend"),
    path("orders/<any:number>/refund/", orders.refund_order, name="order-refund"),
    path("orders/<any:number>/", orders.order_detail, name="order-detail"),
    path("my/orders/<any:number>/receipt/", customer.receipt, name="receipt"),
    path("my/orders/<any:number>/", customer.my_order, name="my-order"),
]

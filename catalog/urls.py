"""Addresses of the catalogue: the shop's pages, their pictures."""

from django.urls import path

from catalog.views import pictures, shop

app_name = "catalog"

urlpatterns = [
    path("shop/", shop.shop, name="shop"),
    path("shop/currency/", shop.choose_currency, name="choose-currency"),
    path("shop/products/<slug:slug>/", shop.product, name="product"),
    path("shop/<slug:category>/", shop.shop, name="shop-category"),
    path("media/products/<str:name>", pictures.picture, name="picture"),
]

"""Where a person has things sent."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("", views.address_list, name="addresses"),
    path("add/", views.add_address, name="address-add"),
    path("<int:pk>/", views.edit_address, name="address-edit"),
    path("<int:pk>/delete/", views.delete_address, name="address-delete"),
    path("<int:pk>/default/", views.choose_address, name="address-choose"),
]

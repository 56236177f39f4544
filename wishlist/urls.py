from django.urls import path

from wishlist import views

app_name = "wishlist"

urlpatterns = [
    path("", views.wishlist, name="list"),
    path("move/", views.move_all, name="move-all"),
    path("<int:variant>/", views.toggle, name="toggle"),
    path("<int:variant>/move/", views.move, name="move"),
]

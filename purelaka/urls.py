"""Every address, by app."""

from django.contrib import admin
from django.urls import include, path

from purelaka.views import favicon, home

urlpatterns = [
    path("", home, name="home"),
    path("favicon.ico", favicon, name="favicon"),
    path("accounts/", include("accounts.urls")),
    path("my/", include("accounts.own_urls")),
    path("", include("catalog.urls")),
    path("wishlist/", include("wishlist.urls")),
    path("payments/", include("payments.urls")),
    path("", include("payments.order_urls")),
    path("audit/", include("audit.urls")),
    path("staff/", include("staff.urls")),
    path("analytics/", include("analyticsapp.urls")),
    path("", include("monitoring.urls")),
    path("admin/", admin.site.urls),
]

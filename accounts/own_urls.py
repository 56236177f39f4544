"""What belongs to one person: addresses, sessions, the second factor."""

from django.urls import include, path

from accounts import session_views

app_name = "accounts"

urlpatterns = [
    path("addresses/", include("accounts.address_urls")),
    path("sessions/", session_views.session_list, name="sessions"),
    path("sessions/<int:pk>/end/", session_views.end_session, name="session-end"),
    path("sessions/end-others/", session_views.end_others, name="session-end-others"),
    path("second-factor/", session_views.second_factor_needed, name="second-factor"),
]

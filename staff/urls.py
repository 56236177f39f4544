"""The staff."""

from django.urls import path

from staff import joining, views

app_name = "staff"

urlpatterns = [
    path("", views.staff_list, name="list"),
    path("invite/", views.invite, name="invite"),
    path("invitations/<int:pk>/send/", views.send_again, name="invitation-send"),
    path("invitations/<int:pk>/revoke/", views.revoke, name="invitation-revoke"),
    path("join/<str:token>/", joining.join, name="join"),
    path("<int:pk>/", views.person, name="person"),
    path("<int:pk>/role/", views.change_role, name="role"),
    path("<int:pk>/deactivate/", views.deactivate, name="deactivate"),
    path("<int:pk>/reactivate/", views.reactivate, name="reactivate"),
    path("<int:pk>/sessions/", views.end_sessions, name="sessions-end"),
    path("<int:pk>/sessions/<int:session>/end/", views.end_session, name="session-end"),
    path("<int:pk>/second-factor/", views.reset_second_factor, name="second-factor-reset"),
]

from django.urls import path

from monitoring import views

app_name = "monitoring"

urlpatterns = [
    path("desk/", views.overview, name="overview"),
    path("desk/seen/", views.mark_seen, name="mark-seen"),
    path("monitoring/", views.index, name="index"),
    path("monitoring/issues/", views.issue_list, name="monitoring-issues"),
    path("monitoring/issues/<int:issue_id>/", views.issue_detail, name="issue-detail"),
    path("monitoring/issues/<int:issue_id>/resolve/", views.resolve_issue, name="resolve-issue"),
    path("monitoring/issues/<int:issue_id>/assign/", views.assign_issue, name="assign-issue"),
    path("monitoring/issues/<int:issue_id>/note/", views.note_issue, name="note-issue"),
    path("monitoring/issues/<int:issue_id>/snooze/", views.snooze_issue, name="snooze-issue"),
    path("monitoring/runs/", views.run_list, name="run-list"),
    path("monitoring/run/", views.run_checks, name="run-checks"),
    path("monitoring/healthz/", views.healthz, name="healthz"),
]

from django.urls import path

from monitoring import views

app_name = "monitoring"

urlpatterns = [
    path("desk/", views.overview, name="overview"),
    path("monitoring/issues/", views.issue_list, name="monitoring-issues"),
    path("monitoring/issues/<int:issue_id>/", views.issue_detail, name="issue-detail"),
    path("monitoring/issues/<int:issue_id>/resolve/", views.resolve_issue, name="resolve-issue"),
    path("monitoring/run/", views.run_checks, name="run-checks"),
    path("monitoring/healthz/", views.healthz, name="healthz"),
]

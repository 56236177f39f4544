from django.urls import path

from analyticsapp.exports.files import EXPORTS
from analyticsapp.exports.packing import XLSX, ZIP
from analyticsapp.report_tabs import REPORTS
from analyticsapp.views import (
    dashboard,
    files,
    kpi_pages,
    months,
    order_rows,
    report_cells,
    reports,
    saved_exports,
    wish_cells,
    wishes,
)

app_name = "analyticsapp"

urlpatterns = [
    path("", dashboard.dashboard, name="dashboard"),
    path("kpi/<slug:kpi>/", kpi_pages.kpi_detail, name="kpi-detail"),
    path("kpi/<slug:kpi>/rows.csv", kpi_pages.kpi_rows, name="kpi-rows"),
    path("wishes/", wishes.wishes, name="wishes"),
    path("wishes/rows.csv", wishes.wish_rows, name="wish-rows"),
    path("wishes/lost-demand/", wishes.lost_demand_list, name="lost-demand"),
    path("wishes/<slug:figure>/", wish_cells.wish_figure, name="wish-figure"),
    path("wishes/<slug:figure>/rows.csv", wish_cells.wish_figure_rows, name="wish-figure-rows"),
    *(
        path(f"export/{key}.csv", files.export, {"key": key}, name=f"export-{key.replace('_', '-')}")
        for key in EXPORTS
    ),
    path("export/<slug:key>.xlsx", files.export, {"form": XLSX}, name="export-xlsx"),
    path("export/<slug:key>.zip", files.export, {"form": ZIP}, name="export-zip"),
    path("months/", months.months, name="months"),
    path("months/<str:month>/", months.month, name="month"),
    path("months/<str:month>/close/", months.close_month, name="close-month"),
    path("saved/", saved_exports.saved_export_list, name="saved-exports"),
    path("saved/<int:pk>/delete/", saved_exports.delete_saved_export, name="delete-saved-export"),
    path("saved/<slug:key>/<slug:form>/", saved_exports.saved_file, name="saved-file"),
    path("orders/rows.csv", order_rows.order_rows, name="order-rows"),
    *(path(f"reports/{key}/", reports.report, {"report": key}, name=f"report-{key}") for key in REPORTS),
    path("reports/<slug:report>/<slug:table>.csv", reports.report_table, name="report-table"),
    path("reports/<slug:report>/<slug:table>/cell/", report_cells.report_cell, name="report-cell"),
    path(
        "reports/<slug:report>/<slug:table>/cell/rows.csv",
        report_cells.report_cell_rows,
        name="report-cell-rows",
    ),
    path("columns/", files.column_dictionary, name="columns"),
]

"""Addresses of paying, of Stripe's webhook, and of what Stripe told us."""

from django.urls import path, re_path

from payments.views import delivery, disputes, events, lists, paying, payouts, refunds, replaying, stuck
from payments.webhook import webhook
from purelaka import converters  # noqa: F401 - registers `any`

app_name = "payments"

urlpatterns = [
    # with and without the slash: Stripe counts a redirect as a failure
    re_path(r"^webhook/?$", webhook, name="webhook"),
    path("", lists.payment_list, name="payment-list"),
    path("refunds/", lists.refund_list, name="refund-list"),
    path("refunds/asked/<int:request_id>/approve/", refunds.request_approve, name="request-approve"),
    path("refunds/asked/<int:request_id>/decline/", refunds.request_decline, name="request-decline"),
    path("refunds/<any:refund_id>/retry/", refunds.refund_retry, name="refund-retry"),
    path("refunds/<any:refund_id>/settle/", refunds.refund_settle, name="refund-settle"),
    path("refunds/<any:refund_id>/", refunds.refund_detail, name="refund-detail"),
    path("disputes/", disputes.dispute_list, name="dispute-list"),
    path("disputes/rates.csv", disputes.dispute_rates, name="dispute-rates"),
    path("disputes/<any:dispute_id>/evidence.zip", disputes.dispute_evidence, name="dispute-evidence"),
    path("disputes/<any:dispute_id>/", disputes.dispute_detail, name="dispute-detail"),
    path("stuck/", stuck.stuck_list, name="stuck-list"),
    path("stuck/<any:number>/refund/", stuck.stuck_refund, name="stuck-refund"),
    path("stuck/<any:number>/wait/", stuck.stuck_back_order, name="stuck-back-order"),
    path("stuck/<any:number>/substitute/", stuck.stuck_substitute, name="stuck-substitute"),
    path("payouts/", lists.payout_list, name="payout-list"),
    path("payouts/<any:payout_id>/", payouts.payout_detail, name="payout-detail"),
    path("pay/<any:number>/challenge/", paying.challenge, name="pay-challenge"),
    path("pay/<any:number>/return/", paying.come_back, name="pay-return"),
    path("pay/<any:number>/state/", paying.state, name="pay-state"),
    path("pay/<any:number>/", paying.pay, name="pay"),
    path("events/", events.event_list, name="event-list"),
    path("events/health/delivery/", delivery.event_delivery, name="event-delivery"),
    # these two words deep: an event's id may be any one word
    path("events/replay/rehearse/", replaying.rehearse_events, name="event-rehearse"),
    path("events/replay/run/", replaying.replay_events, name="event-replay"),
    path("events/replay/<uuid:key>/", replaying.replay_detail, name="event-replay-detail"),
    path("events/<any:event_id>/apply/", events.apply_event, name="event-apply"),
    path("events/<any:event_id>/", events.event_detail, name="event-detail"),
]

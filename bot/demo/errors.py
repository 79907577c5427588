"""What the demo's services and ledger refuse, in sentences a model can pass on."""

from approvals.domain.errors import Refusal


class ServiceUnknown(Refusal):
    """The demo has no such service."""

    code = "service_unknown"


class ServiceDown(Refusal):
    """The service's process does not answer. Restart it."""

    code = "service_down"


class PaymentRefused(Refusal):
    """The ledger does not take this payment."""

    code = "payment_refused"

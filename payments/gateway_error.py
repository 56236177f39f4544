"""The one error of every payment provider."""


class GatewayError(Exception):
    """The provider did not do it. `is_final`: asking again can't help."""

    def __init__(self, message: str, *, is_final: bool) -> None:
        self.is_final = is_final
        super().__init__(message)

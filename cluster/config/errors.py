"""What a user did wrong, as opposed to what we did."""


class UsageError(Exception):
    """Bad input: one line that names the field, the value and what is allowed. The command exits with 2."""


class RunComplete(UsageError):
    """A run to be resumed has all the steps that are asked for."""

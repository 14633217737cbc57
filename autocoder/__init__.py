"""autocoder: suggest codes for Hebrew interviews, and measure agreement with human coders."""

__version__ = "0.3.0"

"""moderation: a self-hosted comment moderation service. The map is in docs/architecture.md."""

__version__ = "0.1.0"

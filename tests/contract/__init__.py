"""Clients as they are published, against a running service."""

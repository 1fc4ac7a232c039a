"""Readers: each knows one family of archives. They cut a source into parts, and read a part into rows."""

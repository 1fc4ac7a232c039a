"""Auditing an archive: readers cut it into parts, the kernel scores a part, an engine runs the parts, a tally sums them up."""

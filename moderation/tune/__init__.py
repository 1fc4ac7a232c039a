"""Thresholds chosen from labels, with eyes open: figures with intervals, and promises that hold despite the choice.

Knows scores, labels and lines; knows no HTTP. `labelled` holds the rows, `curve` counts, `guarantee` promises, `choose` decides.
"""

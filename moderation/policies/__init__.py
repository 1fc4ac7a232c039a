"""Policies in force and before: drafts with their figures, versions with who, when and why, the gate before, the way back."""

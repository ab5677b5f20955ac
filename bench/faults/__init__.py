"""
The fault matrix: faults of every kind, put into real processes under load, with the local HighLevel as the witness.

    bin/faults [--list] [--only kill] [--scale 0.1] [--seed 1] [--markdown FILE]
"""

"""
The fault matrix: faults of every kind, put into real processes under load, with the local HighLevel as the witness.

    bin/faults --only killed --scale 0.1
"""

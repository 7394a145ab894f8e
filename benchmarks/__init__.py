"""Speed and cost, measured on this machine and written for a person to read.

`python -m benchmarks` runs them all; one benchmark a file. Nothing here is a test: what is
slow on a busy machine is told, never failed.
"""

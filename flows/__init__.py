import os

# Before torch is imported. Its threads spin while they wait for one another; beside other work on
# the same cores a training step took five to ten times as long, and alone a tenth less at most.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")

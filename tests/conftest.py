"""Before anything is imported: each process of the tests computes in one thread.

They are small, and several processes share the cores: threads that wait for one another while
others compute made a training ten times as slow. numba needs its own number, since its first
parallel loop sets OpenMP's for the whole process.
"""

import os

for threads in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[threads] = "1"

# Each test makes what it looks at: no run of another one is found again.
os.environ.setdefault("DISTILLER_KEPT", "0")

"""The sizes of Fargate tasks.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
"""

from __future__ import annotations

# CPU units → least, most and step of the memory in MiB.
_RANGES = {
    512: (1024, 4096, 1024),
    1024: (2048, 8192, 1024),
    2048: (4096, 16384, 1024),
    4096: (8192, 30720, 1024),
    8192: (16384, 61440, 4096),
    16384: (32768, 122880, 8192),
}


def exists(cpu: int, memory: int) -> bool:
    """Whether Fargate has a task of this size."""
    if cpu == 256:
        return memory in (512, 1024, 2048)
    if cpu not in _RANGES:
        return False
    least, most, step = _RANGES[cpu]
    return least <= memory <= most and (memory - least) % step == 0

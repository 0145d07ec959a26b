"""Settings of memory allocation for the world-model learner's process."""

ALLOCATOR = {
    "GLIBC_TUNABLES": ":".join(
        (
            # An update makes and drops the same few large buffers. By default each comes from the kernel anew, zeroed
            # page by page.
            "glibc.malloc.mmap_threshold=1073741824",
            "glibc.malloc.trim_threshold=8589934592",
            "glibc.malloc.arena_max=1",
            "glibc.malloc.hugetlb=1",
        )
    )
}
"""Environment variables for a new process; C libraries other than glibc ignore them."""

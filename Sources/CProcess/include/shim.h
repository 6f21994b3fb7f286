#pragma once
// Typed doors to what Swift can't import: variadic calls and structs that its Glibc overlay leaves out.
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/vfs.h>

/// PR_SET_DUMPABLE 0: no core dump, and /proc/PID belongs to root.
static inline int cprocess_hide_process(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

/// Lets malloc keep up to 4 MiB for each thread. By default it gives back and takes again a page or two on almost every
/// request, with a system call and a fault each time.
static inline void cprocess_keep_memory(void) { mallopt(M_TRIM_THRESHOLD, 4 << 20); }

/// The type of the file system of a path, as linux/magic.h has them; -1 when it can't be told.
static inline long cprocess_file_system(const char *path) {
    struct statfs info;
    return statfs(path, &info) == 0 ? (long)info.f_type : -1;
}

#include <spawn.h>
// A GNU extension, which the Glibc overlay leaves out: the child keeps no descriptor from `from` on.
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

#pragma once
#include <stdint.h>

/// Makes a disk that can fail the one that SQLite uses from now on, in this process. It passes everything on to the real
/// one until it is told to fail. Answers SQLite's code.
int faulty_disk_install(void);

/// From here on counts writes, syncs, truncations and new files below `folder`; the `nth` of them (from 1) fails with
/// SQLite's `code`, as do all that follow when `lasting`. With nth 0 it only counts.
void faulty_disk_arm(const char *folder, int64_t nth, int code, int lasting);

/// Nothing fails any more. Answers how many operations were counted since it was armed.
int64_t faulty_disk_disarm(void);

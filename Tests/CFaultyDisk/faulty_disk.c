// A layer of SQLite (a "VFS") over the system's: the classic way to see what a database does when its disk fails.
#include "faulty_disk.h"
#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

static sqlite3_vfs *real;
static char folder[4096];
static atomic_llong counted, failing;
static atomic_int armed, failure, lasts;

/// A file of ours: the real one lies behind it.
struct file { sqlite3_file base; const char *name; };
static sqlite3_file *under(sqlite3_file *file) { return (sqlite3_file *)((struct file *)file + 1); }

/// The code to fail with now, or SQLITE_OK.
static int mishap(const char *name) {
    if (!atomic_load(&armed) || !name || strncmp(name, folder, strlen(folder)) != 0) return SQLITE_OK;
    long long now = atomic_fetch_add(&counted, 1) + 1, at = atomic_load(&failing);
    return at > 0 && (now == at || (now > at && atomic_load(&lasts))) ? atomic_load(&failure) : SQLITE_OK;
}

#define FALLIBLE(call) { int code = mishap(((struct file *)f)->name); return code ? code : (call); }
#define M(f) under(f)->pMethods
static int f_close(sqlite3_file *f) { return M(f) ? M(f)->xClose(under(f)) : SQLITE_OK; }
static int f_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at) { return M(f)->xRead(under(f), to, n, at); }
static int f_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
    FALLIBLE(M(f)->xWrite(under(f), from, n, at))
static int f_truncate(sqlite3_file *f, sqlite3_int64 size) FALLIBLE(M(f)->xTruncate(under(f), size))
static int f_sync(sqlite3_file *f, int flags) FALLIBLE(M(f)->xSync(under(f), flags))
static int f_size(sqlite3_file *f, sqlite3_int64 *size) { return M(f)->xFileSize(under(f), size); }
static int f_lock(sqlite3_file *f, int level) { return M(f)->xLock(under(f), level); }
static int f_unlock(sqlite3_file *f, int level) { return M(f)->xUnlock(under(f), level); }
static int f_reserved(sqlite3_file *f, int *out) { return M(f)->xCheckReservedLock(under(f), out); }
static int f_control(sqlite3_file *f, int op, void *arg) { return M(f)->xFileControl(under(f), op, arg); }
static int f_sector(sqlite3_file *f) { return M(f)->xSectorSize(under(f)); }
static int f_traits(sqlite3_file *f) { return M(f)->xDeviceCharacteristics(under(f)); }

static int f_map(sqlite3_file *f, int page, int size, int extend, void volatile **to) {
    return M(f)->xShmMap(under(f), page, size, extend, to);
}
static int f_shared_lock(sqlite3_file *f, int at, int n, int flags) { return M(f)->xShmLock(under(f), at, n, flags); }
static void f_barrier(sqlite3_file *f) { M(f)->xShmBarrier(under(f)); }
static int f_unmap(sqlite3_file *f, int drop) { return M(f)->xShmUnmap(under(f), drop); }

// Version 2: with shared memory, which tests need that look into a database from outside, and without memory maps.
static const sqlite3_io_methods methods = {
    2, f_close, f_read, f_write, f_truncate, f_sync, f_size, f_lock, f_unlock, f_reserved, f_control, f_sector, f_traits,
    f_map, f_shared_lock, f_barrier, f_unmap,
};

static int v_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out) {
    memset(f, 0, vfs->szOsFile);
    // SQLite keeps the name as long as the file is open.
    ((struct file *)f)->name = name;
    int code = flags & SQLITE_OPEN_CREATE ? mishap(name) : SQLITE_OK;
    if (code) return code;
    code = real->xOpen(real, name, under(f), flags, out);
    if (under(f)->pMethods) f->pMethods = &methods;
    return code;
}

int faulty_disk_install(void) {
    static sqlite3_vfs vfs;
    if (real) return SQLITE_OK;
    real = sqlite3_vfs_find(0);
    vfs = *real;
    vfs.zName = "faulty";
    vfs.szOsFile = (int)sizeof(struct file) + real->szOsFile;
    vfs.xOpen = v_open;
    return sqlite3_vfs_register(&vfs, 1);
}

void faulty_disk_arm(const char *where, int64_t nth, int code, int lasting) {
    strncpy(folder, where, sizeof folder - 1);
    atomic_store(&counted, 0);
    atomic_store(&failing, nth);
    atomic_store(&failure, code);
    atomic_store(&lasts, lasting);
    atomic_store(&armed, 1);
}

int64_t faulty_disk_disarm(void) {
    atomic_store(&armed, 0);
    return atomic_load(&counted);
}

/* A disk that fails, below Python: cc -shared -fPIC -O2 -o shim.so fault_shim.c -ldl -lpthread
 *
 * Loaded with LD_PRELOAD, it counts the operations that change files under one folder, fails or tears the
 * k-th of them, and records them all, data included, so that a power cut after any of them can be replayed.
 *
 *   FAULT_ROOT  the folder; nothing outside it is touched
 *   FAULT_AT    which operation, from 1; 0 fails none
 *   FAULT_KIND  EIO       it fails
 *               ENOSPC    it fails, and so does everything after it that needs room
 *               GONE      it fails with ESTALE, and so does everything after it
 *               SHORT     a write that writes half and says so
 *               TORN      a write that writes half and fails
 *               KILL      half of a write, then the process is killed
 *   FAULT_LOG   where to record; none by default
 *   FAULT_CLOCK seconds by which the wall clock is off
 *   FAULT_ACK   a file outside the root whose writes are recorded in their order among the others
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kind { NONE, FAIL, FULL, GONE, SHORT, TORN, KILL };

static char root[PATH_MAX], ack[PATH_MAX];
static size_t root_length;
static long at, count;
static enum kind kind;
static int error_number, log_fd = -1;
static long clock_offset;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void set_path(char *target, const char *name) {
    const char *value = getenv(name);
    snprintf(target, PATH_MAX, "%s", value ? value : "");
}

__attribute__((constructor)) void fault_configure(void) {
    const char *which = getenv("FAULT_KIND"), *number = getenv("FAULT_AT"), *log = getenv("FAULT_LOG");
    set_path(root, "FAULT_ROOT");
    set_path(ack, "FAULT_ACK");
    root_length = strlen(root);
    at = number ? atol(number) : 0;
    clock_offset = getenv("FAULT_CLOCK") ? atol(getenv("FAULT_CLOCK")) : 0;
    count = 0;
    kind = NONE;
    error_number = EIO;
    if (which) {
        static const char *names[] = {"", "EIO", "ENOSPC", "GONE", "SHORT", "TORN", "KILL"};
        for (int k = FAIL; k <= KILL; k++)
            if (!strcmp(which, names[k])) kind = (enum kind)k;
        if (kind == FULL) error_number = ENOSPC;
        if (kind == GONE) error_number = ESTALE;
    }
    if (log_fd >= 0) close(log_fd);
    log_fd = log && *log ? (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;
}

long fault_count(void) { return count; }

static int inside(const char *path) {
    return root_length && !strncmp(path, root, root_length) && (path[root_length] == '/' || !path[root_length]);
}

static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return 1;
}

static void resolve(int folder, const char *name, char *path) {
    char base[PATH_MAX] = "";
    if (name[0] == '/') { snprintf(path, PATH_MAX, "%s", name); return; }
    if (folder == AT_FDCWD) { if (!getcwd(base, sizeof base)) base[0] = 0; }
    else path_of(folder, base);
    if (snprintf(path, PATH_MAX, "%s/%s", base, name) >= PATH_MAX) path[0] = 0;
}

/* One record: operation, two lengths, offset, size, then the two paths and the data. */
static void record(char operation, const char *path, const char *other, int64_t offset, const void *data, uint64_t size) {
    if (log_fd < 0) return;
    struct __attribute__((packed)) { char operation; uint16_t first, second; int64_t offset; uint64_t size; } head =
        {operation, (uint16_t)strlen(path), (uint16_t)strlen(other), offset, size};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)path, head.first}, {(void *)other, head.second}, {(void *)data, size}};
    syscall(SYS_writev, log_fd, parts, 4);
}

/* What becomes of the next operation: NONE does it. `needs_room` is what a full disk refuses. */
static enum kind verdict(int needs_room) {
    count++;
    if (!at || count < at) return NONE;
    if (count == at) return kind;
    if (kind == GONE) return FAIL;
    return kind == FULL && needs_room ? FAIL : NONE;
}

static int refused(enum kind what) {
    if (what == KILL) kill(getpid(), SIGKILL);
    if (what == NONE || what == SHORT) return 0;
    errno = error_number;
    return 1;
}

typedef ssize_t (*writer)(int, const void *, size_t, off64_t);
static ssize_t at_place(int fd, const void *data, size_t size, off64_t place) { return syscall(SYS_pwrite64, fd, data, size, place); }
static ssize_t at_end(int fd, const void *data, size_t size, off64_t place) { (void)place; return syscall(SYS_write, fd, data, size); }

static ssize_t do_write(int fd, const void *data, size_t size, off64_t place, writer real) {
    char path[PATH_MAX];
    if ((!root_length && !ack[0]) || !path_of(fd, path)) return real(fd, data, size, place);
    if (ack[0] && !strcmp(path, ack)) {
        pthread_mutex_lock(&lock);
        ssize_t done = real(fd, data, size, place);
        record('A', path, "", 0, data, size);
        pthread_mutex_unlock(&lock);
        return done;
    }
    if (!inside(path)) return real(fd, data, size, place);
    pthread_mutex_lock(&lock);
    if (real == at_end) {
        struct stat status;
        int flags = fcntl(fd, F_GETFL);
        place = flags & O_APPEND && !fstat(fd, &status) ? status.st_size : lseek64(fd, 0, SEEK_CUR);
    }
    enum kind what = verdict(1);
    size_t part = what >= SHORT && size > 1 ? size / 2 : size;
    ssize_t done = what == FAIL || what == FULL || what == GONE ? -1 : real(fd, data, part, place);
    if (done > 0) record('W', path, "", place, data, (uint64_t)done);
    int failed = what != NONE && what != SHORT && refused(what);
    pthread_mutex_unlock(&lock);
    return failed ? -1 : done;
}

ssize_t write(int fd, const void *data, size_t size) { return do_write(fd, data, size, 0, at_end); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t place) { return do_write(fd, data, size, place, at_place); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t place) { return do_write(fd, data, size, place, at_place); }

static int do_sync(int fd, int (*real)(int)) {
    char path[PATH_MAX];
    struct stat status;
    if (!root_length || !path_of(fd, path) || !inside(path)) return real(fd);
    pthread_mutex_lock(&lock);
    int failed = refused(verdict(0));
    int done = failed ? -1 : real(fd);
    if (!done) record(!fstat(fd, &status) && S_ISDIR(status.st_mode) ? 'D' : 'S', path, "", 0, "", 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int fsync(int fd) { return do_sync(fd, REAL(fsync)); }
int fdatasync(int fd) { return do_sync(fd, REAL(fdatasync)); }

static int do_truncate(int fd, off64_t size) {
    char path[PATH_MAX];
    if (!root_length || !path_of(fd, path) || !inside(path)) return (int)syscall(SYS_ftruncate, fd, size);
    pthread_mutex_lock(&lock);
    int failed = refused(verdict(0));
    int done = failed ? -1 : (int)syscall(SYS_ftruncate, fd, size);
    if (!done) record('T', path, "", size, "", 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int ftruncate(int fd, off_t size) { return do_truncate(fd, size); }
int ftruncate64(int fd, off64_t size) { return do_truncate(fd, size); }

static int do_open(int folder, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    int changes = flags & (O_CREAT | O_TRUNC);
    if (!root_length || !changes) return (int)syscall(SYS_openat, folder, name, flags, mode);
    resolve(folder, name, path);
    int there = !faccessat(AT_FDCWD, path, F_OK, 0);
    if (!inside(path) || (there && !(flags & O_TRUNC))) return (int)syscall(SYS_openat, folder, name, flags, mode);
    pthread_mutex_lock(&lock);
    int failed = refused(verdict(!there));
    int done = failed ? -1 : (int)syscall(SYS_openat, folder, name, flags, mode);
    if (done >= 0) record(there ? 'T' : 'C', path, "", 0, "", 0);
    pthread_mutex_unlock(&lock);
    return done;
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }
int open(const char *name, int flags, ...) { MODE(flags) return do_open(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE(flags) return do_open(AT_FDCWD, name, flags, mode); }
int openat(int folder, const char *name, int flags, ...) { MODE(flags) return do_open(folder, name, flags, mode); }
int openat64(int folder, const char *name, int flags, ...) { MODE(flags) return do_open(folder, name, flags, mode); }

static int do_rename(int from, const char *old, int to, const char *new, unsigned flags) {
    char source[PATH_MAX], target[PATH_MAX];
    if (!root_length) return (int)syscall(SYS_renameat2, from, old, to, new, flags);
    resolve(from, old, source);
    resolve(to, new, target);
    if (!inside(source) && !inside(target)) return (int)syscall(SYS_renameat2, from, old, to, new, flags);
    pthread_mutex_lock(&lock);
    int failed = refused(verdict(0));
    int done = failed ? -1 : (int)syscall(SYS_renameat2, from, old, to, new, flags);
    if (!done) record('R', source, target, 0, "", 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int rename(const char *old, const char *new) { return do_rename(AT_FDCWD, old, AT_FDCWD, new, 0); }
int renameat(int from, const char *old, int to, const char *new) { return do_rename(from, old, to, new, 0); }
int renameat2(int from, const char *old, int to, const char *new, unsigned flags) { return do_rename(from, old, to, new, flags); }

static int do_unlink(int folder, const char *name, int flags) {
    char path[PATH_MAX];
    if (!root_length) return (int)syscall(SYS_unlinkat, folder, name, flags);
    resolve(folder, name, path);
    if (!inside(path)) return (int)syscall(SYS_unlinkat, folder, name, flags);
    pthread_mutex_lock(&lock);
    int failed = refused(verdict(0));
    int done = failed ? -1 : (int)syscall(SYS_unlinkat, folder, name, flags);
    if (!done) record('U', path, "", 0, "", 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int unlink(const char *name) { return do_unlink(AT_FDCWD, name, 0); }
int unlinkat(int folder, const char *name, int flags) { return do_unlink(folder, name, flags); }
int rmdir(const char *name) { return do_unlink(AT_FDCWD, name, AT_REMOVEDIR); }

/* The wall clock, FAULT_CLOCK seconds off; CPython asks clock_gettime. */
int clock_gettime(clockid_t which, struct timespec *now) {
    int done = (int)syscall(SYS_clock_gettime, which, now);
    if (!done && which == CLOCK_REALTIME) now->tv_sec += clock_offset;
    return done;
}

static int do_mkdir(int folder, const char *name, mode_t mode) {
    char path[PATH_MAX];
    if (!root_length) return (int)syscall(SYS_mkdirat, folder, name, mode);
    resolve(folder, name, path);
    if (!inside(path)) return (int)syscall(SYS_mkdirat, folder, name, mode);
    pthread_mutex_lock(&lock);
    int failed = refused(verdict(1));
    int done = failed ? -1 : (int)syscall(SYS_mkdirat, folder, name, mode);
    if (!done) record('M', path, "", 0, "", 0);
    pthread_mutex_unlock(&lock);
    return done;
}

int mkdir(const char *name, mode_t mode) { return do_mkdir(AT_FDCWD, name, mode); }
int mkdirat(int folder, const char *name, mode_t mode) { return do_mkdir(folder, name, mode); }

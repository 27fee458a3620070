/*
 * A library for LD_PRELOAD that lets the n-th system call of a kind that matters for saving files fail, or kills the
 * process in its place, or within a write. Faults are real to the program: it runs unchanged, and what it has done by
 * then is on the disk.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int armed, calls, target, error;
static char trace[65536];

/*
 * Count from now on; at call number `at` (from 1) fail with errno `what`, or die by SIGKILL when it is 0. When it is -1
 * the call must be a write: it says that all went well, and wrote other bytes.
 */
void fault_arm(int at, int what) {
    armed = 1;
    calls = 0;
    target = at;
    error = what;
    trace[0] = '\0';
}

/* Stop counting; the names of the calls since fault_arm, each followed by a blank. */
const char *fault_disarm(void) {
    armed = 0;
    return trace;
}

static int is_struck(const char *name) {
    if (!armed)
        return 0;
    if (strlen(trace) + strlen(name) + 2 < sizeof trace) {
        strcat(trace, name);
        strcat(trace, " ");
    }
    return ++calls == target;
}

static int strike(void) {
    if (!error)
        raise(SIGKILL);
    errno = error;
    return -1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define WRAP(name, parameters, arguments) \
    int name parameters { return is_struck(#name) ? strike() : REAL(name) arguments; }

WRAP(fsync, (int fd), (fd))
WRAP(fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(fchown, (int fd, uid_t user, gid_t group), (fd, user, group))
WRAP(flock, (int fd, int operation), (fd, operation))
WRAP(rename, (const char *from, const char *to), (from, to))
WRAP(renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
WRAP(unlink, (const char *path), (path))
WRAP(unlinkat, (int fd, const char *path, int flags), (fd, path, flags))
WRAP(linkat, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags))
WRAP(symlinkat, (const char *target, int fd, const char *path), (target, fd, path))
WRAP(mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode))

#define WRAP_OPEN(name, parameters, ...) \
    int name parameters { \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = va_arg(rest, mode_t); \
        va_end(rest); \
        return is_struck(#name) ? strike() : REAL(name)(__VA_ARGS__, flags, mode); \
    }

WRAP_OPEN(open, (const char *path, int flags, ...), path)
WRAP_OPEN(openat, (int fd, const char *path, int flags, ...), fd, path)
#ifdef __GLIBC__
WRAP_OPEN(open64, (const char *path, int flags, ...), path)
WRAP_OPEN(openat64, (int fd, const char *path, int flags, ...), fd, path)
#endif

ssize_t read(int fd, void *buffer, size_t size) {
    return is_struck("read") ? strike() : REAL(read)(fd, buffer, size);
}

/* Whether a file is the one that the environment variable TORN names. */
static int is_torn(int fd) {
    const char *path = getenv("TORN");
    struct stat written, named;
    return path && *path && !fstat(fd, &written) && !stat(path, &named) && written.st_dev == named.st_dev &&
           written.st_ino == named.st_ino;
}

/*
 * Of a write into that file only the octets from TORN_FROM to TORN_TO get out, and the process dies, as when the power
 * goes: blocks reach the disk in any order.
 */
static void tear(int fd, const char *buffer, size_t size) {
    size_t from = strtoul(getenv("TORN_FROM"), NULL, 10), to = strtoul(getenv("TORN_TO"), NULL, 10);
    if (to > size)
        to = size;
    if (from < to && pwrite(fd, buffer + from, to - from, (off_t)from) < 0)
        abort();
    raise(SIGKILL);
}

/* A struck write that fails gets half of its bytes out first, as on a disk that fills up. */
ssize_t write(int fd, const void *buffer, size_t size) {
    int struck = is_struck("write");
    if (is_torn(fd))
        tear(fd, buffer, size);
    if (struck && error == -1 && size) {
        char *other = malloc(size);
        if (!other)
            abort();
        memcpy(other, buffer, size);
        other[size / 2] ^= 1;
        ssize_t result = REAL(write)(fd, other, size);
        free(other);
        return result;
    }
    ssize_t written = REAL(write)(fd, buffer, struck ? size / 2 : size);
    return struck ? strike() : written;
}

/* A struck close does close: so it is on Linux. */
int close(int fd) {
    int struck = is_struck("close");
    int result = REAL(close)(fd);
    return struck ? strike() : result;
}

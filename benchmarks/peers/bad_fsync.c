/* Flushes of a bad disk, put before the C library's by LD_PRELOAD: each takes BAD_FSYNC_MS
   longer, and while the file BAD_FSYNC_FAILS exists each fails with EIO. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int flush(const char *name, int file)
{
    const char *delay_ms = getenv("BAD_FSYNC_MS"), *fails = getenv("BAD_FSYNC_FAILS");
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    if (delay_ms != NULL) {
        long ms = atol(delay_ms);
        struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
        nanosleep(&pause, NULL);
    }
    if (fails != NULL && access(fails, F_OK) == 0) {
        errno = EIO;
        return -1;
    }
    return real(file);
}

int fsync(int file) { return flush("fsync", file); }
int fdatasync(int file) { return flush("fdatasync", file); }

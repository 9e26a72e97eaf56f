/* A preload library for the crash tests. It stands between the program and its C library, and
 *
 *   - writes every change of a file under LOCKBOX_SYNCED_DIR, and every sync, into the journal
 *     LOCKBOX_SYNCED_JOURNAL: from it the test works out what a loss of power leaves;
 *   - with LOCKBOX_SYNCED_SWALLOW=1 answers syncs at once and does nothing, as a disk that lies
 *     (and as PRAGMA synchronous=OFF);
 *   - while the file LOCKBOX_SYNCED_FAULT exists, fails every write under the directory with the
 *     error number that stands in it; with EACCES only what changes the directory itself.
 *
 * A change is noted after it was made, and a sync after it has returned: whatever is missing in
 * the journal at a kill was promised to nobody.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { OPENED = 1, CREATED, WRITTEN, CUT, SYNCED, DIRECTORY_SYNCED, RENAMED, REMOVED };

/* Then come the name (for RENAMED two, divided by a slash) and the data. */
struct entry {
    uint32_t magic;
    uint32_t kind;
    uint64_t file;   /* inode */
    uint64_t offset; /* or length */
    uint32_t name;
    uint32_t data;
};

#define MAGIC 0x4c6f636bu
#define FILES 65536

static const char *directory, *marker;
static size_t directory_length;
static int journal = -1, swallow;
static unsigned char watched[FILES]; /* 1: a file under the directory, 2: the directory itself */

#define REAL(name, type) ((type)dlsym(RTLD_NEXT, name))

typedef int (*open_type)(const char *, int, ...);
typedef ssize_t (*write_type)(int, const void *, size_t);
typedef ssize_t (*pwrite_type)(int, const void *, size_t, off_t);
typedef int (*cut_type)(int, off_t);
typedef int (*fd_type)(int);
typedef int (*rename_type)(const char *, const char *);
typedef int (*unlink_type)(const char *);

static open_type real_open;
static write_type real_write;
static pwrite_type real_pwrite;
static cut_type real_cut;
static fd_type real_fsync, real_close;
static rename_type real_rename;
static unlink_type real_unlink;

__attribute__((constructor)) static void start(void) {
    real_open = REAL("open64", open_type);
    real_write = REAL("write", write_type);
    real_pwrite = REAL("pwrite64", pwrite_type);
    real_cut = REAL("ftruncate64", cut_type);
    real_fsync = REAL("fsync", fd_type);
    real_close = REAL("close", fd_type);
    real_rename = REAL("rename", rename_type);
    real_unlink = REAL("unlink", unlink_type);
    directory = getenv("LOCKBOX_SYNCED_DIR");
    directory_length = directory ? strlen(directory) : 0;
    marker = getenv("LOCKBOX_SYNCED_FAULT");
    swallow = getenv("LOCKBOX_SYNCED_SWALLOW") != NULL;
    const char *path = getenv("LOCKBOX_SYNCED_JOURNAL");
    if (directory && path) {
        journal = real_open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (journal < 0) {
            perror(path);
            _exit(99);
        }
    }
}

/* The name inside the directory; NULL for what lies elsewhere or is no file of its own. */
static const char *inside(const char *path) {
    if (!directory_length || strncmp(path, directory, directory_length) != 0) return NULL;
    const char *rest = path + directory_length;
    if (*rest == 0) return rest;
    if (*rest != '/') return NULL;
    return strchr(rest + 1, '/') ? NULL : rest + 1;
}

static void note(enum kind kind, uint64_t file, uint64_t offset, const char *name, size_t name_length,
                 const void *data, size_t length) {
    if (journal < 0) return;
    int before = errno;
    struct entry entry = {MAGIC, kind, file, offset, (uint32_t)name_length, (uint32_t)length};
    struct iovec parts[3] = {
        {&entry, sizeof entry}, {(void *)name, name_length}, {(void *)data, length}};
    size_t all = sizeof entry + name_length + length;
    if (writev(journal, parts, 3) != (ssize_t)all) {
        perror("the journal of the crash test");
        _exit(99);
    }
    errno = before;
}

static uint64_t inode(int fd) {
    struct stat found;
    return fstat(fd, &found) == 0 ? (uint64_t)found.st_ino : 0;
}

static int is_watched(int fd) { return fd >= 0 && fd < FILES ? watched[fd] : 0; }

/* The error that the test wants writes to end with; 0 for none. */
static int fault(void) {
    if (!marker) return 0;
    int before = errno, number = 0;
    int fd = real_open(marker, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        char text[16] = {0};
        if (read(fd, text, sizeof text - 1) > 0) number = atoi(text);
        real_close(fd);
    }
    errno = before;
    return number;
}

static int fails(int for_names) {
    int number = fault();
    if (number == EACCES && !for_names) return 0;
    if (number) errno = number;
    return number;
}

static int open_file(const char *path, int flags, mode_t mode) {
    const char *name = inside(path);
    if (!name) return real_open(path, flags, mode);
    int writes = (flags & O_ACCMODE) != O_RDONLY;
    struct stat found;
    int there = lstat(path, &found) == 0;
    if (there && S_ISDIR(found.st_mode) == 0 && S_ISREG(found.st_mode) == 0)
        return real_open(path, flags, mode);
    if (writes && (!there || fault() == EROFS) && fails(1)) return -1;
    int fd = real_open(path, flags, mode);
    if (fd < 0 || fd >= FILES) return fd;
    watched[fd] = *name ? 1 : 2;
    if (*name) {
        note(there ? OPENED : CREATED, inode(fd), 0, name, strlen(name), NULL, 0);
        if (there && (flags & O_TRUNC)) note(CUT, inode(fd), 0, NULL, 0, NULL, 0);
    }
    return fd;
}

#define WITH_MODE(flags, last)                                                                     \
    mode_t mode = 0;                                                                               \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                         \
        va_list more;                                                                              \
        va_start(more, last);                                                                      \
        mode = va_arg(more, mode_t);                                                               \
        va_end(more);                                                                              \
    }

int open(const char *path, int flags, ...) {
    WITH_MODE(flags, flags)
    return open_file(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    WITH_MODE(flags, flags)
    return open_file(path, flags | O_LARGEFILE, mode);
}

int close(int fd) {
    if (is_watched(fd)) watched[fd] = 0;
    return real_close(fd);
}

static ssize_t write_at(int fd, const void *data, size_t length, off_t offset) {
    if (fails(0)) return -1;
    ssize_t done = real_pwrite(fd, data, length, offset);
    if (done > 0) note(WRITTEN, inode(fd), (uint64_t)offset, NULL, 0, data, (size_t)done);
    return done;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off_t offset) {
    return is_watched(fd) ? write_at(fd, data, length, offset) : real_pwrite(fd, data, length, offset);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) {
    return pwrite64(fd, data, length, offset);
}

ssize_t write(int fd, const void *data, size_t length) {
    if (!is_watched(fd)) return real_write(fd, data, length);
    if (fails(0)) return -1;
    int append = fcntl(fd, F_GETFL) & O_APPEND;
    off_t offset = lseek(fd, 0, append ? SEEK_END : SEEK_CUR);
    ssize_t done = real_write(fd, data, length);
    if (done > 0) note(WRITTEN, inode(fd), (uint64_t)offset, NULL, 0, data, (size_t)done);
    return done;
}

int ftruncate64(int fd, off_t length) {
    if (!is_watched(fd)) return real_cut(fd, length);
    if (fails(0)) return -1;
    int done = real_cut(fd, length);
    if (done == 0) note(CUT, inode(fd), (uint64_t)length, NULL, 0, NULL, 0);
    return done;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int fsync(int fd) {
    int kind = is_watched(fd);
    if (!kind) return real_fsync(fd);
    if (swallow) return 0;
    if (fails(0)) return -1;
    int done = real_fsync(fd);
    if (done == 0) note(kind == 2 ? DIRECTORY_SYNCED : SYNCED, inode(fd), 0, NULL, 0, NULL, 0);
    return done;
}

int fdatasync(int fd) { return fsync(fd); }

int rename(const char *from, const char *to) {
    const char *old = inside(from), *new = inside(to);
    if (!old || !new) return real_rename(from, to);
    if (fails(1)) return -1;
    int done = real_rename(from, to);
    if (done == 0) {
        char names[1024];
        int length = snprintf(names, sizeof names, "%s/%s", old, new);
        note(RENAMED, 0, 0, names, (size_t)length, NULL, 0);
    }
    return done;
}

int unlink(const char *path) {
    const char *name = inside(path);
    if (!name) return real_unlink(path);
    if (fails(1)) return -1;
    int done = real_unlink(path);
    if (done == 0) note(REMOVED, 0, 0, name, strlen(name), NULL, 0);
    return done;
}

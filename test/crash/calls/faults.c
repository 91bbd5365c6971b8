/*
 * Preloaded into a program, counts its calls that change files under the folders of FAULT_UNDER (colons between),
 * and has one of them go wrong: FAULT_AT, its number from 1, and FAULT_HOW:
 *   kill-before, kill-after   the program is gone by SIGKILL, the call not made or made
 *   torn                      half of a write is made, then the program is gone
 *   short                     half of a write is made, and said to be
 *   errno=N                   the call is not made and fails so
 * FAULT_STICKY: every later call as well. FAULT_LOG: a file that gets a line for each call: its name and path.
 * The variables and the preloading are taken away: programs that this one starts are left alone.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static char *under, *how;
static int at, sticky, log_fd = -1, count;

__attribute__((constructor)) static void begin(void) {
  const char *number = getenv("FAULT_AT"), *log = getenv("FAULT_LOG"), *mode = getenv("FAULT_HOW");
  under = strdup(getenv("FAULT_UNDER") ? getenv("FAULT_UNDER") : "");
  how = strdup(mode ? mode : "");
  at = number ? atoi(number) : 0;
  sticky = getenv("FAULT_STICKY") != NULL;
  if (log) log_fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  static const char *const ours[] = {"LD_PRELOAD", "FAULT_UNDER", "FAULT_AT", "FAULT_HOW", "FAULT_STICKY", "FAULT_LOG"};
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) unsetenv(ours[i]);
}

static int starts_with(const char *path, const char *beginning) {
  return strncmp(path, beginning, strlen(beginning)) == 0;
}

/* Where a path leads that begins in a folder held open: nothing else is to be seen of what is done through it. */
static const char *through_held(const char *path, char *into) {
  static const char held[] = "/proc/self/fd/";
  if (!starts_with(path, held)) return path;
  const char *rest = strchr(path + sizeof held - 1, '/');
  if (!rest) return path;
  char link[PATH_MAX];
  snprintf(link, sizeof link, "%.*s", (int)(rest - path), path);
  ssize_t length = readlink(link, into, PATH_MAX - 1);
  if (length < 0) return path;
  snprintf(into + length, PATH_MAX - length, "%s", rest);
  return into;
}

static int is_under(const char *path) {
  for (const char *folder = under; *folder;) {
    size_t length = strcspn(folder, ":");
    if (length > 0 && strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == 0)) return 1;
    folder += length + (folder[length] == ':');
  }
  return 0;
}

static int is(const char *what) { return strcmp(how, what) == 0; }

static void die(void) {
  syscall(SYS_kill, getpid(), SIGKILL);
  for (;;) pause();
}

/* Whether this call is the one to go wrong. */
static int hit(const char *name, const char *path) {
  char held[PATH_MAX];
  if (!path) return 0;
  path = through_held(path, held);
  if (!is_under(path)) return 0;
  int n = __atomic_add_fetch(&count, 1, __ATOMIC_SEQ_CST);
  if (log_fd >= 0) dprintf(log_fd, "%s %s\n", name, path);
  return at > 0 && (sticky ? n >= at : n == at);
}

static const char *path_of(int fd, char *into) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, into, PATH_MAX - 1);
  if (length < 0) return NULL;
  into[length] = 0;
  return into;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define GUARD(name, path, call)                                                                                      \
  do {                                                                                                               \
    int is_hit = hit(name, path);                                                                                    \
    if (is_hit && (is("kill-before") || is("torn"))) die();                                                          \
    if (is_hit && starts_with(how, "errno=")) return errno = atoi(how + 6), -1;                                   \
    __typeof__(call) result = call;                                                                                  \
    if (is_hit && is("kill-after")) die();                                                                           \
    return result;                                                                                                   \
  } while (0)

/* Of a write `half` is what can be made of it before it breaks off. */
#define GUARD_WRITE(name, fd, call, half)                                                                            \
  do {                                                                                                               \
    char path[PATH_MAX];                                                                                             \
    int is_hit = hit(name, path_of(fd, path));                                                                       \
    if (is_hit && (is("short") || is("torn"))) {                                                                     \
      ssize_t some = half;                                                                                           \
      if (is("torn")) die();                                                                                         \
      return some;                                                                                                   \
    }                                                                                                                \
    if (is_hit && is("kill-before")) die();                                                                          \
    if (is_hit && starts_with(how, "errno=")) return errno = atoi(how + 6), -1;                                   \
    ssize_t result = call;                                                                                           \
    if (is_hit && is("kill-after")) die();                                                                           \
    return result;                                                                                                   \
  } while (0)

#define HALF(size) ((size) > 1 ? (size) / 2 : (size))

ssize_t write(int fd, const void *bytes, size_t size) {
  GUARD_WRITE("write", fd, REAL(write)(fd, bytes, size), REAL(write)(fd, bytes, HALF(size)));
}
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t from) {
  GUARD_WRITE("pwrite", fd, REAL(pwrite64)(fd, bytes, size, from), REAL(pwrite64)(fd, bytes, HALF(size), from));
}
ssize_t writev(int fd, const struct iovec *parts, int many) {
  GUARD_WRITE("writev", fd, REAL(writev)(fd, parts, many), REAL(write)(fd, parts->iov_base, HALF(parts->iov_len)));
}

int fsync(int fd) {
  char path[PATH_MAX];
  GUARD("fsync", path_of(fd, path), REAL(fsync)(fd));
}
int fdatasync(int fd) {
  char path[PATH_MAX];
  GUARD("fdatasync", path_of(fd, path), REAL(fdatasync)(fd));
}
int ftruncate64(int fd, off64_t size) {
  char path[PATH_MAX];
  GUARD("ftruncate", path_of(fd, path), REAL(ftruncate64)(fd, size));
}
int fchmod(int fd, mode_t mode) {
  char path[PATH_MAX];
  GUARD("fchmod", path_of(fd, path), REAL(fchmod)(fd, mode));
}

int fchown(int fd, uid_t owner, gid_t group) {
  char path[PATH_MAX];
  GUARD("fchown", path_of(fd, path), REAL(fchown)(fd, owner, group));
}

int rename(const char *from, const char *to) { GUARD("rename", from, REAL(rename)(from, to)); }
int link(const char *from, const char *to) { GUARD("link", from, REAL(link)(from, to)); }
int unlink(const char *path) { GUARD("unlink", path, REAL(unlink)(path)); }
int mkdir(const char *path, mode_t mode) { GUARD("mkdir", path, REAL(mkdir)(path, mode)); }
int rmdir(const char *path) { GUARD("rmdir", path, REAL(rmdir)(path)); }

/* An open that only reads changes nothing. */
#define CHANGES(flags) (((flags) & O_ACCMODE) != O_RDONLY || ((flags) & (O_CREAT | O_TRUNC)))
#define OPEN(name, call)                                                                                             \
  va_list rest;                                                                                                      \
  va_start(rest, flags);                                                                                             \
  mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;                                          \
  va_end(rest);                                                                                                      \
  if (!CHANGES(flags)) return call;                                                                                  \
  GUARD(name, path, call)

int open64(const char *path, int flags, ...) { OPEN("open", REAL(open64)(path, flags, mode)); }
int openat64(int folder, const char *path, int flags, ...) {
  OPEN("openat", REAL(openat64)(folder, path, flags, mode));
}

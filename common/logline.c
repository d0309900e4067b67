/* SPDX-License-Identifier: MIT */
#include "logline.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum { GUARD_US = 20000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *name = "jk";
static int log_fd = STDERR_FILENO;
static char rest[LOGLINE_MAX]; /* of a line that was written in part */
static size_t rest_size;
static uint64_t lost;
static bool may_take_more; /* the last failure was temporary */

/*
 * For a regular file, which never blocks, and for an open file description of our own, which is O_NONBLOCK.
 */
static ssize_t put_plain(const char *p, size_t n)
{
	return write(log_fd, p, n);
}

static ssize_t (*put)(const char *p, size_t n) = put_plain; /* as write(2), and never waits */

static ssize_t put_socket(const char *p, size_t n)
{
	return send(STDERR_FILENO, p, n, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void interrupt(int signal_number)
{
	(void)signal_number;
}

static sigset_t alarm_only(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	return set;
}

/*
 * For a pipe that cannot be opened again, as one that belongs to another user: a supervisor that dropped
 * privileges.  Between poll and write another process may fill the pipe; a timer then interrupts the write.
 */
static ssize_t put_guarded(const char *p, size_t n)
{
	static const struct itimerval limit = {{0, GUARD_US}, {0, GUARD_US}}, none;
	struct pollfd room = {.fd = STDERR_FILENO, .events = POLLOUT};
	if (poll(&room, 1, 0) <= 0) {
		errno = EAGAIN;
		return -1;
	}
	sigset_t set = alarm_only();
	setitimer(ITIMER_REAL, &limit, NULL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	ssize_t written = write(STDERR_FILENO, p, n);
	int error = errno;
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	setitimer(ITIMER_REAL, &none, NULL);
	errno = error;
	return written;
}

/* SIGALRM must reach the writing thread only, so all others block it. */
static void guard_begin(void)
{
	struct sigaction action = {.sa_handler = interrupt};
	sigset_t set = alarm_only();
	sigemptyset(&action.sa_mask);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGALRM, &action, NULL);
	put = put_guarded;
}

/* Opens the pipe or terminal behind stderr again, for an open file description of our own. */
static bool open_own(const struct stat *is)
{
	struct stat own;
	int fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (fstat(fd, &own) < 0 || own.st_dev != is->st_dev || own.st_ino != is->st_ino) {
		close(fd);
		return false;
	}
	log_fd = fd;
	return true;
}

static void choose(void)
{
	struct stat is;
	if (fstat(STDERR_FILENO, &is) < 0 || S_ISREG(is.st_mode))
		return; /* all writers of a file must share its offset, or they overwrite each other */
	if (S_ISSOCK(is.st_mode))
		put = put_socket;
	else if (!(S_ISFIFO(is.st_mode) || isatty(STDERR_FILENO)) || !open_own(&is))
		guard_begin();
}

/* Writes a line, or keeps the rest of it for later.  Returns false if nothing was written. */
static bool take(const char *p, size_t n)
{
	ssize_t written = put(p, n);
	may_take_more = written >= 0 || errno == EAGAIN || errno == EINTR || errno == ENOSPC ||
			errno == EDQUOT || errno == ENOBUFS;
	if (written <= 0)
		return false;
	rest_size = n - (size_t)written;
	memmove(rest, p + written, rest_size);
	return true;
}

/* Writes what must precede the next line.  Returns false if it could not. */
static bool settle(void)
{
	char line[LOGLINE_MAX];
	if (rest_size > 0 && (!take(rest, rest_size) || rest_size > 0))
		return false;
	if (lost == 0)
		return true;
	int n = snprintf(line, sizeof line, "%.100s: %" PRIu64 " log line%s lost, stderr took nothing\n",
			 name, lost, lost == 1 ? "" : "s");
	if (!take(line, (size_t)n))
		return false;
	lost = 0;
	return rest_size == 0;
}

void logline_write(const char *line, size_t size)
{
	size = size < LOGLINE_MAX ? size : LOGLINE_MAX;
	pthread_mutex_lock(&lock);
	if (size > 0 && (!settle() || !take(line, size)))
		lost++;
	pthread_mutex_unlock(&lock);
}

bool logline_owed(void)
{
	pthread_mutex_lock(&lock);
	bool owed = (lost > 0 || rest_size > 0) && may_take_more;
	pthread_mutex_unlock(&lock);
	return owed;
}

void logline_retry(void)
{
	pthread_mutex_lock(&lock);
	settle();
	pthread_mutex_unlock(&lock);
}

#ifdef __GLIBC__
static ssize_t print(void *cookie, const char *p, size_t n)
{
	(void)cookie;
	for (size_t done = 0; done < n;) {
		const char *end = memchr(p + done, '\n', n - done);
		size_t size = end ? (size_t)(end - p) + 1 - done : n - done;
		size = size < LOGLINE_MAX ? size : LOGLINE_MAX;
		logline_write(p + done, size);
		done += size;
	}
	return (ssize_t)n;
}

/* Redirects stderr of stdio, which getopt and libraries use. */
static void take_stream(void)
{
	static char buffer[LOGLINE_MAX];
	FILE *stream = fopencookie(NULL, "w", (cookie_io_functions_t){.write = print});
	if (!stream)
		return;
	setvbuf(stream, buffer, _IOLBF, sizeof buffer);
	stderr = stream;
}
#else
static void take_stream(void)
{
}
#endif

/* Called by exit: what does not fit now is lost without a word. */
static void finish(void)
{
	fflush(stderr);
	logline_retry();
}

void logline_begin(const char *program)
{
	name = program;
	choose();
	take_stream();
	atexit(finish);
}

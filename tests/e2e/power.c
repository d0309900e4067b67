/* SPDX-License-Identifier: MIT */
#include "preload.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/*
 * Logs what a program does to its database, for power.pl: to the file JK_POWER_LOG goes what it does to files
 * whose path begins with JK_POWER_FILE.  Its monotonic clock runs fast: with each look a tenth of a second
 * has gone by, so that it writes after each minute of a recording.
 */

enum { FILES = 256 };
static char names[FILES][256];

static void put(const char *what, const char *name, long long at, const void *data, size_t n)
{
	static int log_fd = -1;
	char line[400];
	if (log_fd < 0)
		log_fd = open(getenv("JK_POWER_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	int size = snprintf(line, sizeof line, "%s %s %lld %zu\n", what, name, at, n);
	struct iovec parts[] = {{line, (size_t)size}, {(void *)data, n}};
	if (writev(log_fd, parts, 2) < 0)
		abort();
}

static const char *name_of(int fd)
{
	return fd >= 0 && fd < FILES && names[fd][0] ? names[fd] : NULL;
}

static int opened(int fd, const char *path)
{
	const char *file = getenv("JK_POWER_FILE");
	if (fd >= 0 && fd < FILES && file && strncmp(path, file, strlen(file)) == 0 && !strstr(path, "-shm"))
		snprintf(names[fd], sizeof *names, "%s", strrchr(path, '/') + 1);
	return fd;
}

#define OPEN(name)                                                                                           \
	int name(const char *path, int flags, ...)                                                           \
	{                                                                                                    \
		int (*real)(const char *, int, ...);                                                         \
		va_list arguments;                                                                           \
		*(void **)&real = next(#name);                                                               \
		va_start(arguments, flags);                                                                  \
		int mode = va_arg(arguments, int);                                                           \
		va_end(arguments);                                                                           \
		return opened(real(path, flags, mode), path);                                                \
	}
#undef open
#undef open64
OPEN(open64)

#define PWRITE(name)                                                                                         \
	ssize_t name(int fd, const void *data, size_t n, off_t at)                                           \
	{                                                                                                    \
		ssize_t (*real)(int, const void *, size_t, off_t);                                           \
		*(void **)&real = next(#name);                                                               \
		if (name_of(fd))                                                                             \
			put("write", name_of(fd), at, data, n);                                              \
		return real(fd, data, n, at);                                                                \
	}
#undef pwrite
#undef pwrite64
PWRITE(pwrite64)

ssize_t write(int fd, const void *data, size_t n)
{
	ssize_t (*real)(int, const void *, size_t);
	*(void **)&real = next("write");
	if (name_of(fd))
		put("write", name_of(fd), lseek(fd, 0, SEEK_CUR), data, n);
	return real(fd, data, n);
}

#define SYNC(name)                                                                                           \
	int name(int fd)                                                                                     \
	{                                                                                                    \
		int (*real)(int);                                                                            \
		*(void **)&real = next(#name);                                                               \
		int result = real(fd);                                                                       \
		if (name_of(fd))                                                                             \
			put("sync", name_of(fd), 0, "", 0);                                                  \
		return result;                                                                               \
	}
SYNC(fsync)
SYNC(fdatasync)

#undef ftruncate64
int ftruncate64(int fd, off_t size)
{
	int (*real)(int, off_t);
	*(void **)&real = next("ftruncate64");
	if (name_of(fd))
		put("truncate", name_of(fd), size, "", 0);
	return real(fd, size);
}

int unlink(const char *path)
{
	const char *file = getenv("JK_POWER_FILE");
	int (*real)(const char *);
	*(void **)&real = next("unlink");
	if (file && strncmp(path, file, strlen(file)) == 0 && !strstr(path, "-shm"))
		put("unlink", strrchr(path, '/') + 1, 0, "", 0);
	return real(path);
}

int close(int fd)
{
	int (*real)(int);
	*(void **)&real = next("close");
	if (name_of(fd))
		names[fd][0] = '\0';
	return real(fd);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
	static long long looks;
	int (*real)(clockid_t, struct timespec *);
	*(void **)&real = next("clock_gettime");
	int result = real(clock, time);
	if (clock == CLOCK_MONOTONIC) {
		long long ns = time->tv_nsec + ++looks * 100000000;
		time->tv_sec += (time_t)(ns / 1000000000);
		time->tv_nsec = (long)(ns % 1000000000);
	}
	return result;
}

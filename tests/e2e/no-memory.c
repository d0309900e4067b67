/* SPDX-License-Identifier: MIT */
/*
 * Preloaded: the allocations number NO_MEMORY_AT to NO_MEMORY_UNTIL fail.  At the end of the program the
 * number of all is written to the file that NO_MEMORY_COUNT names.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

static atomic_ulong allocations;
static unsigned long first, last;
static const char *path;

static unsigned long number_of(const char *name)
{
	const char *text = getenv(name);
	return text != NULL ? strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
	first = number_of("NO_MEMORY_AT");
	last = number_of("NO_MEMORY_UNTIL");
	path = getenv("NO_MEMORY_COUNT");
	atomic_store(&allocations, 0);
	unsetenv("LD_PRELOAD"); /* not in what this program starts */
}

static int fails(void)
{
	unsigned long number = atomic_fetch_add(&allocations, 1) + 1;
	if (number < first || number > last)
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
	return fails() ? NULL : __libc_realloc(block, size);
}

__attribute__((destructor)) static void write_count(void)
{
	char text[24];
	int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
	int n = snprintf(text, sizeof text, "%lu\n", atomic_load(&allocations));
	if (fd >= 0 && write(fd, text, (size_t)n) == n)
		close(fd);
	path = NULL;
}

/* jk-mqtt ends so. */
void _exit(int status)
{
	write_count();
	_Exit(status);
}

/* SPDX-License-Identifier: MIT */
#ifndef NO_MEMORY_H
#define NO_MEMORY_H

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

/*
 * There is no memory: each allocation in turn fails.  Nothing crashes, nothing is left behind, and what comes
 * later is taken as if nothing had happened.
 */

enum { SITES = 100, ROUNDS = 4 };

static void *sites[SITES]; /* where our modules allocate */
static size_t site_count;
static bool looking;  /* for more of them */
static void *without; /* where every allocation fails; NULL: nowhere */
static long living;   /* blocks that are allocated and not freed */

/* With AddressSanitizer, which has its own, none fails. */
#ifndef __SANITIZE_ADDRESS__
#if !defined(__has_feature)
#define __has_feature(x) 0
#endif
#if !__has_feature(address_sanitizer)
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);
void __libc_free(void *p);

/* Is the caller one of our modules?  Libraries are not what is tested: json-c crashes without memory. */
static bool is_ours(void *caller)
{
	Dl_info where;
	enum { STRDUP_SIZE = 128 }; /* jk-mqtt's own, for json-c, ends the program: that is meant */
	return dladdr(caller, &where) != 0 && !strstr(where.dli_fname, "libjson-c") &&
	       !strstr(where.dli_fname, "libc.so") && (uintptr_t)caller - (uintptr_t)strdup >= STRDUP_SIZE;
}

static void add_site(void *caller)
{
	for (size_t i = 0; i < site_count; i++)
		if (sites[i] == caller)
			return;
	if (site_count < SITES && is_ours(caller))
		sites[site_count++] = caller;
}

static bool fails(void *caller)
{
	if (looking)
		add_site(caller);
	if (!without || caller != without)
		return false;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	void *p = fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
	living += p != NULL;
	return p;
}

void *calloc(size_t count, size_t size)
{
	void *p = fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
	living += p != NULL;
	return p;
}

void *realloc(void *old, size_t size)
{
	void *p = fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
	living += p && !old;
	return p;
}

void free(void *p)
{
	living -= p != NULL;
	__libc_free(p);
}
#endif
#endif

/*
 * Does the same several times without memory at one place, for each place at which it allocates.  act gets
 * the number of the round, from 0.  From round to round nothing is left behind; with memory again, as in the
 * last round, all is well.
 */
static void each_allocation(void (*begin)(void), void (*act)(int round), void (*check)(void))
{
	begin();
	looking = true;
	act(0);
	looking = false;
	for (size_t i = 0; i < site_count; i++) {
		long before = 0;
		begin();
		without = sites[i];
		for (int round = 0; round < ROUNDS; round++) {
			before = living;
			act(round);
		}
		without = NULL;
		ck_assert_msg(living <= before, "place %zu: %ld blocks more", i, living - before);
		act(ROUNDS);
		check();
	}
}

#endif

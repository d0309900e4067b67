/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_H
#define PRELOAD_H

/*
 * For libraries that a test preloads.  Included before anything else.
 *
 *     int (*real)(int, int, int);
 *     *(void **)&real = next("socket");
 */
#define _FILE_OFFSET_BITS 64
#define _TIME_BITS 64
#include <dlfcn.h>

/* What has times has another name with 64 bits of them in a C library whose time_t has 32. */
#if defined __TIMESIZE && __TIMESIZE == 32
#define TIMED(name, name_of_64) name_of_64
#else
#define TIMED(name, name_of_64) name
#endif

/* The function that the library stands before. */
static inline void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

#endif

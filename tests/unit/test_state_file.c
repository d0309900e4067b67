/* SPDX-License-Identifier: MIT */
#include "state_file.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char folder[] = "/tmp/jk-state-XXXXXX", path[64], fresh[70], bad[70], buffer[64];

static void begin(void)
{
	memcpy(folder + sizeof folder - 7, "XXXXXX", 7);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/state", folder);
	snprintf(fresh, sizeof fresh, "%s.new", path);
	snprintf(bad, sizeof bad, "%s.bad", path);
}

static void end(void)
{
	remove(path);
	remove(fresh);
	remove(bad);
	ck_assert_int_eq(rmdir(folder), 0); /* and nothing else was left in it */
}

static bool holds(const char *file, const char *text)
{
	ssize_t n = state_file_read(file, buffer, sizeof buffer);
	return n == (ssize_t)strlen(text) && memcmp(buffer, text, (size_t)n) == 0;
}

static void fails(int error)
{
	errno = 0;
	ck_assert_int_eq(state_file_read(path, buffer, 5), -1);
	ck_assert_int_eq(errno, error);
}

START_TEST(what_cannot_be_read)
{
	begin();
	fails(ENOENT);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	fails(EINVAL);
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0); /* nobody writes to it: nothing waits for that */
	fails(EINVAL);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("/dev/null", path), 0);
	fails(EINVAL);
	end();
}
END_TEST

START_TEST(length)
{
	begin();
	ck_assert_ptr_null(state_file_replace(path, "", 0, false));
	ck_assert_int_eq(state_file_read(path, buffer, 5), 0);
	ck_assert_ptr_null(state_file_replace(path, "12345", 5, false));
	ck_assert_int_eq(state_file_read(path, buffer, 5), 5);
	ck_assert_ptr_null(state_file_replace(path, "123456", 6, false));
	memset(buffer, 'x', sizeof buffer);
	fails(EFBIG);
	ck_assert_int_eq(buffer[5], 'x');
	end();
}
END_TEST

START_TEST(replaced_whole)
{
	struct stat status;
	begin();
	ck_assert_ptr_null(state_file_replace(path, "a longer one", 12, true));
	ck_assert(holds(path, "a longer one"));
	ck_assert_ptr_null(state_file_replace(path, "short", 5, true));
	ck_assert(holds(path, "short"));
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07137u, 0); /* not for everybody */
	ck_assert_int_lt(access(fresh, F_OK), 0);
	end();
}
END_TEST

/* A disk that is full in the middle of the file. */
START_TEST(kept_when_the_disk_is_full)
{
	static char large[8192];
	const struct rlimit small = {4096, RLIM_INFINITY};
	struct rlimit before;
	begin();
	ck_assert_ptr_null(state_file_replace(path, "old", 3, false));
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	for (int sync = 0; sync < 2; sync++) {
		errno = 0;
		const char *what = state_file_replace(path, large, sizeof large, sync);
		int error = errno;
		ck_assert_str_eq(what, "cannot write");
		ck_assert_int_eq(error, EFBIG);
		ck_assert(holds(path, "old"));
		ck_assert_int_lt(access(fresh, F_OK), 0);
	}
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
	end();
}
END_TEST

START_TEST(kept_when_it_cannot_be_renamed)
{
	char inner[80];
	begin();
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(inner, sizeof inner, "%s/other", path);
	ck_assert_ptr_null(state_file_replace(inner, "1", 1, false));
	ck_assert_str_eq(state_file_replace(path, "new", 3, false), "cannot rename");
	ck_assert_int_lt(access(fresh, F_OK), 0);
	ck_assert(holds(inner, "1"));
	ck_assert_int_eq(unlink(inner), 0);
	end();
}
END_TEST

START_TEST(no_place_to_write)
{
	char missing[80], deep[5000];
	begin();
	snprintf(missing, sizeof missing, "%s/none/state", folder);
	ck_assert_str_eq(state_file_replace(missing, "1", 1, false), "cannot create");
	ck_assert_int_eq(errno, ENOENT);
	/* Somebody else's link in the place of the new file is not followed. */
	ck_assert_int_eq(symlink(bad, fresh), 0);
	ck_assert_str_eq(state_file_replace(path, "1", 1, false), "cannot create");
	ck_assert_int_eq(errno, ELOOP);
	ck_assert_int_lt(access(bad, F_OK), 0);
	memset(deep, 'a', sizeof deep - 1);
	deep[sizeof deep - 1] = '\0';
	ck_assert_ptr_nonnull(state_file_replace(deep, "1", 1, false));
	ck_assert_int_eq(errno, ENAMETOOLONG);
	ck_assert(!state_file_put_aside(deep));
	end();
}
END_TEST

START_TEST(put_aside)
{
	begin();
	ck_assert(!state_file_put_aside(path));
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_null(state_file_replace(path, "what?", 5, false));
	ck_assert(state_file_put_aside(path));
	ck_assert(holds(bad, "what?"));
	fails(ENOENT);
	end();
}
END_TEST

/* The file beside it would have a name that is too long: what is there stays. */
START_TEST(a_path_of_the_greatest_length)
{
	char longest[PATH_MAX] = "";
	begin();
	ck_assert_ptr_null(state_file_replace(path, "old", 3, false));
	size_t n = strlen(folder), name = strlen("/state");
	memcpy(longest, folder, n);
	while (n < sizeof longest - 1 - name)
		longest[n++] = '/';
	memcpy(longest + n, "/state", name);
	ck_assert(holds(longest, "old"));
	errno = 0;
	ck_assert_ptr_nonnull(state_file_replace(longest, "new", 3, false));
	ck_assert_int_eq(errno, ENAMETOOLONG);
	ck_assert(holds(path, "old"));
	end();
}
END_TEST

UNIT_RUN("state_file", what_cannot_be_read, length, replaced_whole, kept_when_the_disk_is_full,
	 kept_when_it_cannot_be_renamed, no_place_to_write, put_aside, a_path_of_the_greatest_length)

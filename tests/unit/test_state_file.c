/* SPDX-License-Identifier: MIT */
#include "state_file.h"

#include <errno.h>
#include <fcntl.h>
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
	ck_assert_ptr_null(state_file_replace(path, "", 0));
	ck_assert_int_eq(state_file_read(path, buffer, 5), 0);
	ck_assert_ptr_null(state_file_replace(path, "12345", 5));
	ck_assert_int_eq(state_file_read(path, buffer, 5), 5);
	ck_assert_ptr_null(state_file_replace(path, "123456", 6));
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
	ck_assert_ptr_null(state_file_replace(path, "a longer one", 12));
	ck_assert(holds(path, "a longer one"));
	ck_assert_ptr_null(state_file_replace(path, "short", 5));
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
	ck_assert_ptr_null(state_file_replace(path, "old", 3));
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
	errno = 0;
	const char *what = state_file_replace(path, large, sizeof large);
	int error = errno;
	ck_assert_str_eq(what, "cannot write");
	ck_assert_int_eq(error, EFBIG);
	ck_assert(holds(path, "old"));
	ck_assert_int_lt(access(fresh, F_OK), 0);
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
	ck_assert_ptr_null(state_file_replace(inner, "1", 1));
	ck_assert_str_eq(state_file_replace(path, "new", 3), "cannot rename");
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
	ck_assert_str_eq(state_file_replace(missing, "1", 1), "cannot create");
	ck_assert_int_eq(errno, ENOENT);
	memset(deep, 'a', sizeof deep - 1);
	deep[sizeof deep - 1] = '\0';
	ck_assert_ptr_nonnull(state_file_replace(deep, "1", 1));
	ck_assert_int_eq(errno, ENAMETOOLONG);
	end();
}
END_TEST

/*
 * What is in the place of the new file: it is replaced, and nothing is written through it.  If it cannot be
 * removed, the file gets another name.
 */
START_TEST(in_the_place_of_the_new_file)
{
	begin();
	ck_assert_ptr_null(state_file_replace(bad, "mine", 4));
	ck_assert_int_eq(symlink(bad, fresh), 0);
	ck_assert_ptr_null(state_file_replace(path, "1", 1));
	ck_assert(holds(path, "1") && holds(bad, "mine"));
	ck_assert_int_lt(access(fresh, F_OK), 0);
	ck_assert_int_eq(link(bad, fresh), 0);
	ck_assert_ptr_null(state_file_replace(path, "2", 1));
	ck_assert(holds(path, "2") && holds(bad, "mine"));
	ck_assert_int_eq(mkdir(fresh, 0700), 0);
	ck_assert_ptr_null(state_file_replace(path, "3", 1));
	ck_assert(holds(path, "3"));
	end();
}
END_TEST

/* The last one is PATH.bad; the first nine before it are PATH.bad.1 to .9, and more are not kept. */
START_TEST(damaged)
{
	char text[16], name[80];
	begin();
	for (int i = 0; i < 12; i++) {
		snprintf(text, sizeof text, "%d", i);
		ck_assert_ptr_null(state_file_replace(path, text, strlen(text)));
		state_file_damaged("-s", path, "damaged");
		ck_assert(holds(bad, text));
		fails(ENOENT);
	}
	for (int i = 1; i <= 9; i++) {
		snprintf(text, sizeof text, "%d", i - 1);
		snprintf(name, sizeof name, "%s.bad.%d", path, i);
		ck_assert(holds(name, text));
		ck_assert_int_eq(unlink(name), 0);
	}
	ck_assert_int_eq(state_file_load("-s", path, buffer, sizeof buffer), -1); /* there is none */
	ck_assert_ptr_null(state_file_replace(path, "123456", 6));
	ck_assert_int_eq(state_file_load("-s", path, buffer, 6), 6);
	ck_assert_int_eq(state_file_load("-s", path, buffer, 5), -1); /* too long */
	ck_assert(holds(bad, "123456"));
	snprintf(name, sizeof name, "%s.bad.1", path);
	ck_assert(holds(name, "11"));
	ck_assert_int_eq(unlink(name), 0);
	end();
}
END_TEST

/* A link of our own is followed: the file behind it is replaced, and what is damaged is kept beside it. */
START_TEST(own_link)
{
	char inner[80], target[90], kept[100];
	struct stat status;
	begin();
	snprintf(inner, sizeof inner, "%s/inner", folder);
	snprintf(target, sizeof target, "%s/real", inner);
	snprintf(kept, sizeof kept, "%s.bad", target);
	ck_assert_int_eq(mkdir(inner, 0700), 0);
	ck_assert_int_eq(symlink("inner/real", path), 0); /* which leads to nothing yet */
	fails(ENOENT);
	for (int i = 0; i < 2; i++) {
		ck_assert_ptr_null(state_file_replace(path, i ? "two" : "one", 3));
		ck_assert(holds(path, i ? "two" : "one") && holds(target, i ? "two" : "one"));
		ck_assert(lstat(path, &status) == 0 && S_ISLNK(status.st_mode));
	}
	state_file_damaged("-s", path, "damaged");
	ck_assert(holds(kept, "two"));
	ck_assert(lstat(path, &status) == 0 && S_ISLNK(status.st_mode));
	ck_assert(unlink(kept) == 0 && rmdir(inner) == 0);
	end();
}
END_TEST

/* A link of another user, in the last place or before it, is neither read nor written through. */
START_TEST(link_of_another)
{
	enum { OTHER = 65534 };
	char target[80], inner[80], through[90];
	if (geteuid() != 0) /* nobody else can make a link of another */
		return;
	begin();
	snprintf(target, sizeof target, "%s/precious", folder);
	snprintf(inner, sizeof inner, "%s/inner", folder);
	snprintf(through, sizeof through, "%s/precious", inner);
	ck_assert_ptr_null(state_file_replace(target, "mine", 4));
	ck_assert(symlink(target, path) == 0 && symlink(".", inner) == 0);
	ck_assert(holds(path, "mine") && holds(through, "mine")); /* the links are ours */
	ck_assert(lchown(path, OTHER, OTHER) == 0 && lchown(inner, OTHER, OTHER) == 0);
	fails(ELOOP);
	ck_assert_int_eq(state_file_read(through, buffer, sizeof buffer), -1);
	ck_assert_int_eq(errno, ELOOP);
	ck_assert_str_eq(state_file_replace(path, "1", 1), "cannot create");
	ck_assert_int_eq(errno, ELOOP);
	ck_assert_str_eq(state_file_reason(ELOOP), "a link of another user is not followed");
	ck_assert_str_eq(state_file_replace(through, "1", 1), "cannot create");
	ck_assert(holds(target, "mine"));
	/* Our own link, in a folder whose owner could have put another in its place. */
	ck_assert(lchown(path, 0, 0) == 0 && chown(folder, OTHER, OTHER) == 0);
	fails(ELOOP);
	ck_assert(unlink(inner) == 0 && unlink(target) == 0);
	end();
}
END_TEST

START_TEST(links_without_end)
{
	begin();
	ck_assert_int_eq(symlink("state", path), 0);
	fails(EMLINK);
	ck_assert_str_eq(state_file_replace(path, "1", 1), "cannot create");
	end();
}
END_TEST

/* The path may be as long as any; but the name of the file beside it, too.  What is there stays. */
START_TEST(a_path_of_the_greatest_length)
{
	char longest[PATH_MAX] = "", name[PATH_MAX] = "";
	begin();
	ck_assert_ptr_null(state_file_replace(path, "old", 3));
	size_t n = strlen(folder), rest = strlen("/state");
	memcpy(longest, folder, n);
	while (n < sizeof longest - 1 - rest)
		longest[n++] = '/';
	memcpy(longest + n, "/state", rest);
	ck_assert(holds(longest, "old"));
	ck_assert_ptr_null(state_file_replace(longest, "new", 3));
	ck_assert(holds(path, "new"));
	n = (size_t)snprintf(name, sizeof name, "%s/", folder);
	memset(name + n, 'a', NAME_MAX);
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	ck_assert(fd >= 0 && write(fd, "old", 3) == 3 && close(fd) == 0);
	errno = 0;
	ck_assert_ptr_nonnull(state_file_replace(name, "new", 3));
	ck_assert_int_eq(errno, ENAMETOOLONG);
	state_file_damaged("-s", name, "damaged");
	ck_assert(holds(name, "old"));
	ck_assert_int_eq(unlink(name), 0);
	end();
}
END_TEST

UNIT_RUN("state_file", what_cannot_be_read, length, replaced_whole, kept_when_the_disk_is_full,
	 kept_when_it_cannot_be_renamed, no_place_to_write, in_the_place_of_the_new_file, damaged, own_link,
	 link_of_another, links_without_end, a_path_of_the_greatest_length)

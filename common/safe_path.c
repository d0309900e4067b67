/* SPDX-License-Identifier: MIT */
#include "safe_path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { LINKS_MAX = 40 }; /* as the kernel */

/* What is left of a path. */
struct walk {
	struct safe_path *at;
	char left[PATH_MAX];
	unsigned links;
};

static bool fail(int error)
{
	errno = error;
	return false;
}

static void close_keeping_errno(int fd)
{
	int error = errno;
	close(fd);
	errno = error;
}

void safe_path_close(struct safe_path *at)
{
	if (at->folder >= 0)
		close_keeping_errno(at->folder);
	at->folder = -1;
}

const char *safe_path_reason(int error)
{
	return error == ELOOP ? "a link of another user is not followed" : strerror(error);
}

static bool enter(struct safe_path *at, int folder)
{
	if (folder < 0)
		return false;
	safe_path_close(at);
	at->folder = folder;
	return true;
}

/* Begins at / or at the current folder. */
static bool begin(struct walk *w)
{
	const char *from = w->left[0] == '/' ? "/" : ".";
	return enter(w->at, open(from, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* Takes the next name off the path.  False: there is none, or it is too long. */
static bool take_name(struct walk *w)
{
	const char *from = w->left + strspn(w->left, "/");
	size_t n = strcspn(from, "/");
	if (n == 0 || n > NAME_MAX)
		return fail(n > 0 ? ENAMETOOLONG : *w->left ? EISDIR : ENOENT);
	memcpy(w->at->name, from, n);
	w->at->name[n] = '\0';
	from += n + strspn(from + n, "/");
	memmove(w->left, from, strlen(from) + 1);
	return true;
}

static bool is_ours(const struct stat *status)
{
	return status->st_uid == 0 || status->st_uid == geteuid();
}

/* Puts the target of a link before the rest of the path. */
static bool follow(struct walk *w, int fd, const struct stat *link)
{
	char target[PATH_MAX];
	struct stat folder;
	if (fstat(w->at->folder, &folder) < 0)
		return false;
	if (!is_ours(link) || !is_ours(&folder))
		return fail(ELOOP);
	if (++w->links > LINKS_MAX)
		return fail(EMLINK);
	ssize_t size = readlinkat(fd, "", target, sizeof target - 1);
	size_t n = size < 0 ? 0 : (size_t)size, left = strlen(w->left);
	if (size < 0)
		return false;
	if (n + 1 + left >= sizeof w->left)
		return fail(ENAMETOOLONG);
	memmove(w->left + n + 1, w->left, left + 1);
	w->left[n] = left > 0 ? '/' : '\0';
	memcpy(w->left, target, n);
	return w->left[0] != '/' || begin(w);
}

/* /dev/fd/3 leads to such a link, whose target is not always a path. */
static bool is_of_kernel(const struct safe_path *at)
{
	struct statfs system;
	return fstatfs(at->folder, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
}

enum step { STEP_FAILED, STEP_ON, STEP_ARRIVED };

/* Looks at the name that was taken, without following it. */
static enum step look(struct walk *w)
{
	struct safe_path *at = w->at;
	struct stat status;
	bool last = w->left[0] == '\0', good = false;
	int fd = openat(at->folder, at->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return last && errno == ENOENT ? STEP_ARRIVED : STEP_FAILED;
	if (fstat(fd, &status) == 0 && S_ISLNK(status.st_mode)) {
		at->flags = last && is_of_kernel(at) ? 0 : O_NOFOLLOW;
		good = at->flags == 0 || follow(w, fd, &status);
		close_keeping_errno(fd);
		return !good ? STEP_FAILED : at->flags == 0 ? STEP_ARRIVED : STEP_ON;
	}
	if (!last)
		return enter(at, fd) ? STEP_ON : STEP_FAILED;
	close(fd);
	return STEP_ARRIVED;
}

bool safe_path_open(struct safe_path *at, const char *path)
{
	struct walk w = {.at = at};
	enum step step = STEP_FAILED;
	*at = (struct safe_path){.folder = -1, .flags = O_NOFOLLOW};
	if (strlen(path) >= sizeof w.left)
		return fail(ENAMETOOLONG);
	memcpy(w.left, path, strlen(path) + 1);
	if (begin(&w))
		do
			step = take_name(&w) ? look(&w) : STEP_FAILED;
		while (step == STEP_ON);
	if (step == STEP_FAILED)
		safe_path_close(at);
	return step == STEP_ARRIVED;
}

int safe_path_folder(const char *path)
{
	struct safe_path at;
	if (!safe_path_open(&at, path))
		return -1;
	int fd = openat(at.folder, at.name, O_PATH | O_DIRECTORY | O_CLOEXEC | at.flags);
	safe_path_close(&at);
	return fd;
}

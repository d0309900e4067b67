/* SPDX-License-Identifier: MIT */
#include "transit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static bool open_pipe(int *from, int *to)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return false;
	*from = ends[0];
	*to = ends[1];
	return fcntl(ends[1], F_SETPIPE_SZ, TRANSIT_MAX) >= TRANSIT_MAX;
}

bool transit_begin(struct transit *t)
{
	*t = (struct transit){-1, -1, -1, -1, -1, 0, 0};
	t->nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (t->nowhere >= 0 && open_pipe(&t->from, &t->to) && open_pipe(&t->look_from, &t->look_to))
		return true;
	transit_end(t);
	return false;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void transit_end(struct transit *t)
{
	close_one(&t->from);
	close_one(&t->to);
	close_one(&t->look_from);
	close_one(&t->look_to);
	close_one(&t->nowhere);
}

ssize_t transit_take(struct transit *t, int fd)
{
	if (t->size == TRANSIT_MAX) {
		errno = EAGAIN;
		return -1;
	}
	ssize_t n = splice(fd, NULL, t->to, NULL, TRANSIT_MAX - t->size, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
	t->size += n > 0 ? (size_t)n : 0;
	return n;
}

/* Passes over n bytes of the second pipe. */
static bool pass_over(const struct transit *t, size_t n)
{
	while (n > 0) {
		ssize_t done = splice(t->look_from, NULL, t->nowhere, NULL, n, SPLICE_F_NONBLOCK);
		if (done <= 0)
			return false;
		n -= (size_t)done;
	}
	return true;
}

bool transit_put(struct transit *t, const char *p, size_t n)
{
	/* A pipe takes PIPE_BUF bytes whole or not at all, and as this one is empty, it takes more. */
	if (t->size > 0 || n > TRANSIT_MAX / 2 || write(t->to, p, n) != (ssize_t)n)
		return false;
	t->size = n;
	return true;
}

/* The first n bytes are in the second pipe, too.  False: they are not, and it is empty. */
static bool look_at(const struct transit *t, size_t n)
{
	ssize_t there = tee(t->from, t->look_to, n, SPLICE_F_NONBLOCK);
	if (there > 0 && (size_t)there < n)
		pass_over(t, (size_t)there);
	return there == (ssize_t)n;
}

static bool read_all(int fd, char *to, size_t n)
{
	while (n > 0) {
		ssize_t done = read(fd, to, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		to += done;
		n -= (size_t)done;
	}
	return true;
}

size_t transit_lines(struct transit *t)
{
	static char end[TRANSIT_LOOK];
	size_t n = t->size < sizeof end ? t->size : sizeof end;
	if (!look_at(t, t->size) || !pass_over(t, t->size - n) || !read_all(t->look_from, end, n))
		return 0;
	const char *newline = memrchr(end, '\n', n);
	return newline ? t->size - n + (size_t)(newline - end) + 1 : 0;
}

bool transit_copy(const struct transit *t, char *to, size_t n)
{
	return look_at(t, n) && read_all(t->look_from, to, n);
}

size_t transit_share(const struct transit *t, int fd, size_t n)
{
	ssize_t done = tee(t->from, fd, n, SPLICE_F_NONBLOCK);
	return done > 0 ? (size_t)done : 0;
}

ssize_t transit_move(struct transit *t, int fd)
{
	ssize_t n = splice(t->from, NULL, fd, NULL, t->owed, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
	if (n > 0) {
		t->owed -= (size_t)n;
		t->size -= (size_t)n;
	}
	return n;
}

bool transit_read(struct transit *t, char *to)
{
	if (!read_all(t->from, to, t->size))
		return false;
	t->size = t->owed = 0;
	return true;
}

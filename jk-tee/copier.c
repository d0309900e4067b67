/* SPDX-License-Identifier: MIT */
#include "copier.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "process.h"
#include "safe_path.h"

enum { RETRY_MS = 1000, BLOCK = 65536 };

/* The child's state of the file. */
struct file {
	const char *path;
	int fd;
	bool failed; /* and that is logged */
	bool last;   /* the stream has ended: this attempt is the last */
};

/* A failure is logged once, until it is over. */
static void fail(struct file *f, const char *what)
{
	if (!f->failed)
		log_line("%s: %s: %s; trying again every second", f->path, what, safe_path_reason(errno));
	f->failed = true;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

/* A file that ends in the middle of a line, as after a power cut, gets its newline. */
static bool mend_end(int fd)
{
	struct stat status;
	char last = '\n';
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size == 0)
		return true;
	return pread(fd, &last, 1, status.st_size - 1) != 1 || last == '\n' || write(fd, "\n", 1) == 1;
}

static int open_safely(const char *path)
{
	struct safe_path at;
	if (!safe_path_open(&at, path))
		return -1;
	int fd = openat(at.folder, at.name, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | at.flags,
			0666);
	safe_path_close(&at);
	return fd;
}

static void open_file(struct file *f)
{
	f->fd = open_safely(f->path);
	if (f->fd < 0)
		fail(f, "cannot open");
	else if (!f->failed && !mend_end(f->fd))
		fail(f, "cannot write");
}

static unsigned long count_lines(const char *p, size_t n)
{
	unsigned long lines = 0;
	for (size_t i = 0; i < n; i++)
		lines += p[i] == '\n';
	return lines;
}

/* Counts what is left, n bytes and what is in the pipe. */
static _Noreturn void give_up(const struct file *f, const char *p, size_t n)
{
	static char rest[BLOCK];
	unsigned long lines = count_lines(p, n);
	for (ssize_t more; (more = read(STDIN_FILENO, rest, sizeof rest)) > 0;)
		lines += count_lines(rest, (size_t)more);
	log_line("%s: %lu lines were lost at the end", f->path, lines);
	_exit(EXIT_SYSTEM);
}

/* Waits before the next attempt to write n bytes.  When the stream ends, there is one more attempt. */
static void wait_a_while(struct file *f, const char *p, size_t n)
{
	struct pollfd in = {.fd = STDIN_FILENO};
	if (f->last)
		give_up(f, p, n);
	f->last = poll(&in, 1, RETRY_MS) > 0 && in.revents & POLLHUP;
}

static void write_all(struct file *f, const char *p, size_t n)
{
	while (n > 0) {
		if (f->fd < 0)
			open_file(f);
		ssize_t done = f->fd < 0 ? -1 : write(f->fd, p, n);
		if (done < 0 && f->fd >= 0 && errno == EINTR)
			continue;
		if (done < 0 && f->fd >= 0)
			fail(f, "cannot write");
		if (done <= 0) {
			wait_a_while(f, p, n);
			continue;
		}
		if (f->failed)
			log_line("%s: written again", f->path);
		f->failed = false;
		p += done;
		n -= (size_t)done;
	}
}

static _Noreturn void copy(struct file *f)
{
	static char block[BLOCK];
	ssize_t n;
	open_file(f);
	while ((n = read(STDIN_FILENO, block, sizeof block)) > 0 || (n < 0 && errno == EINTR))
		write_all(f, block, n > 0 ? (size_t)n : 0);
	_exit(EXIT_DONE);
}

/*
 * The child keeps the pipe as stdin, the descriptor that shows that it lives as stdout, and stderr: an end of
 * another branch's pipe would keep that open.  It lives as long as its pipe does, whatever signals its group
 * receives.
 */
static _Noreturn void be_child(const struct copier *c, int alive)
{
	struct file f = {.path = c->path, .fd = -1};
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	if (dup2(c->from, STDIN_FILENO) < 0 || dup2(alive, STDOUT_FILENO) < 0)
		die(EXIT_SYSTEM, "%s: %s", c->path, strerror(errno));
	process_close_from(STDERR_FILENO + 1);
	process_begin("jk-tee"); /* the log has a descriptor of its own */
	copy(&f);
}

bool copier_restart(struct copier *c)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	c->pid = fork();
	if (c->pid == 0)
		be_child(c, ends[1]);
	close(ends[1]);
	if (c->pid < 0)
		close(ends[0]);
	else
		c->alive = ends[0];
	return c->pid > 0;
}

bool copier_begin(struct copier *c, const char *path)
{
	int ends[2];
	*c = (struct copier){.path = path, .alive = -1};
	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	c->from = ends[0];
	c->to = ends[1];
	fcntl(c->to, F_SETPIPE_SZ, COPIER_PIPE); /* a smaller one will do where it is refused */
	return fcntl(c->to, F_SETFL, O_NONBLOCK) == 0 && copier_restart(c);
}

void copier_ended(struct copier *c)
{
	close(c->alive);
	c->alive = -1;
	waitpid(c->pid, NULL, 0);
	c->pid = -1;
}

void copier_close(struct copier *c)
{
	close(c->to);
	close(c->from);
	c->to = c->from = -1;
}

void copier_kill(struct copier *c)
{
	kill(c->pid, SIGKILL);
	copier_ended(c);
}

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

enum { RETRY_MS = 1000, BLOCK = 65536 };

/* The child's state of the file. */
struct file {
	const char *path;
	int fd;
	bool failed; /* and that is logged */
	pid_t parent;
};

/* A failure is logged once, until it is over. */
static void fail(struct file *f, const char *what)
{
	if (!f->failed)
		log_line("%s: %s: %s; trying again every second", f->path, what, strerror(errno));
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

static void open_file(struct file *f)
{
	f->fd = open(f->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	if (f->fd < 0)
		fail(f, "cannot open");
	else if (!f->failed && !mend_end(f->fd))
		fail(f, "cannot write");
}

/* Waits before the next attempt.  Ends the child if its parent has ended, as nobody counts what it keeps. */
static void wait_a_while(const struct file *f, size_t kept)
{
	if (getppid() != f->parent)
		die(EXIT_SYSTEM, "%s: %zu bytes were lost at the end", f->path, kept);
	poll(NULL, 0, RETRY_MS);
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
			wait_a_while(f, n);
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
static _Noreturn void be_child(const struct copier *c, int alive, pid_t parent)
{
	struct file f = {.path = c->path, .fd = -1, .parent = parent};
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	if (dup2(c->from, STDIN_FILENO) < 0 || dup2(alive, STDOUT_FILENO) < 0)
		die(EXIT_SYSTEM, "%s: %s", c->path, strerror(errno));
	for (int fd = STDERR_FILENO + 1; fd <= alive; fd++)
		close(fd);
	copy(&f);
}

bool copier_restart(struct copier *c)
{
	int ends[2];
	pid_t parent = getpid();
	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	c->pid = fork();
	if (c->pid == 0)
		be_child(c, ends[1], parent);
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

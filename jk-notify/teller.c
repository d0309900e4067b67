/* SPDX-License-Identifier: MIT */
#include "teller.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "process.h"

enum { ENVIRONMENT_MAX = 1024 };

void teller_begin(struct teller *t, char **argv)
{
	struct stat st;
	*t = (struct teller){.argv = argv, .fd = -1};
	if (strchr(argv[0], '/')) { /* else it is looked for in PATH */
		if (stat(argv[0], &st) < 0 || access(argv[0], X_OK) < 0)
			die(EXIT_USAGE, "%s: cannot be run: %s", argv[0], strerror(errno));
		if (!S_ISREG(st.st_mode))
			die(EXIT_USAGE, "%s: cannot be run: not a file", argv[0]);
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/* ---- starting ---- */

/* The environment of this process without what is ours, and the values. */
static void make_environment(const struct notice *n, uint64_t left_out, char *list[ENVIRONMENT_MAX])
{
	static char own[NOTICE_KEYS + 1][NOTICE_VALUE_MAX + 32];
	size_t count = 0;
	for (enum notice_key i = 0; i < NOTICE_KEYS; i++) {
		snprintf(own[i], sizeof *own, "%s=%s", notice_name(i), n->value[i]);
		list[count++] = own[i];
	}
	snprintf(own[NOTICE_KEYS], sizeof *own, "JK_LEFT_OUT=%llu", (unsigned long long)left_out);
	list[count++] = own[NOTICE_KEYS];
	size_t mine = count;
	for (char **e = environ; *e && count < ENVIRONMENT_MAX - 1; e++) {
		bool ours = false;
		for (size_t i = 0; i < mine && !ours; i++)
			ours = strncmp(*e, list[i], strcspn(list[i], "=") + 1) == 0;
		if (!ours)
			list[count++] = *e;
	}
	list[count] = NULL;
}

/* A pipe with the sentence, which fits into it. */
static int pipe_with(const char *text, size_t n)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	ssize_t written = write(ends[1], text, n);
	close(ends[1]);
	if (written == (ssize_t)n)
		return ends[0];
	close(ends[0]);
	return -1;
}

/* Its stdout is our stderr: our stdout is nobody's. */
static int spawn(struct teller *t, int in, char **environment)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes,
				 POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	int error = posix_spawnp(&t->child, t->argv[0], &actions, &attributes, t->argv, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

bool teller_start(struct teller *t, const struct notice *n, uint64_t left_out, int64_t now_us)
{
	static char *environment[ENVIRONMENT_MAX];
	char text[NOTICE_SENTENCE_MAX];
	size_t size = notice_sentence(n, left_out, text);
	snprintf(t->what, sizeof t->what, "%.100s of %.100s (%.10s)", n->value[NOTICE_KEY],
		 n->value[NOTICE_PACK], n->value[NOTICE_STATE]);
	make_environment(n, left_out, environment);
	int in = pipe_with(text, size), error = in < 0 ? errno : spawn(t, in, environment);
	if (in >= 0)
		close(in);
	if (error) {
		t->child = 0;
		log_line("%s: cannot be run, for %s: %s", t->argv[0], t->what, strerror(error));
		return false;
	}
	t->begun_us = now_us;
	t->fd = (int)syscall(SYS_pidfd_open, t->child, 0);
	return true;
}

/* ---- ending ---- */

/* What was adopted and has ended. */
static void reap(struct teller *t)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != t->child)
			continue;
		t->child = 0;
		if (t->fd >= 0)
			close(t->fd);
		t->fd = -1;
		if (WIFSIGNALED(status))
			log_line("%s: ended by signal %d, for %s", t->argv[0], WTERMSIG(status), t->what);
		else if (WEXITSTATUS(status) != 0)
			log_line("%s: exit %d, for %s", t->argv[0], WEXITSTATUS(status), t->what);
	}
}

/* What was adopted: it has left the group of the program, which is gone.  Returns whether there is any. */
static bool kill_adopted(void)
{
	char list[4096], path[64];
	snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, list, sizeof list - 1);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	list[n] = '\0';
	char *p = list, *end;
	for (long pid; (pid = strtol(p, &end, 10)) > 1; p = end)
		kill((pid_t)pid, SIGKILL);
	return p > list;
}

/* A process that even this does not end, as one that waits for a disk, is left alone after a moment. */
void teller_end(struct teller *t)
{
	enum { MOMENTS = 100 };
	if (!t->child)
		return;
	kill(-t->child, SIGKILL);
	t->child = 0;
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	for (int i = 0; i < MOMENTS && kill_adopted(); i++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		poll(NULL, 0, 1);
	}
}

bool teller_look(struct teller *t, int64_t now_us)
{
	if (!t->child)
		return true;
	reap(t);
	if (t->child && now_us - t->begun_us >= TELLER_LIMIT_US) {
		log_line("%s: killed after %d s, for %s", t->argv[0], TELLER_LIMIT_US / 1000000, t->what);
		teller_end(t);
	}
	return !t->child;
}

/* SPDX-License-Identifier: MIT */
#include "resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process.h"

void resolve_init(struct resolver *r)
{
	r->fd = -1;
	r->child = -1;
}

static int look_up(struct resolved *answer, const char *host, const char *port, int flags)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
	struct addrinfo *list = NULL;
	memset(answer, 0, sizeof *answer);
	int status = getaddrinfo(host, port, &hints, &list);
	if (status != 0) {
		snprintf(answer->fault, sizeof answer->fault, "%s",
			 status == EAI_SYSTEM ? strerror(errno) : gai_strerror(status));
		return status;
	}
	for (struct addrinfo *i = list; i && answer->count < RESOLVE_MAX; i = i->ai_next) {
		if (i->ai_addrlen > sizeof(struct sockaddr_storage))
			continue;
		struct address *a = &answer->addresses[answer->count++];
		a->size = i->ai_addrlen;
		memcpy(&a->storage, i->ai_addr, i->ai_addrlen);
	}
	freeaddrinfo(list);
	return 0;
}

enum { ANSWER_FD = 3 };

/*
 * Of our descriptors it keeps the pipe alone, as ANSWER_FD: a look-up may take half a minute, and whoever
 * reads our stdout or serves our link must not have to wait for its end when we are gone.
 */
static void drop_descriptors(int fd)
{
	int null = open("/dev/null", O_RDWR);
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		dup2(null, i);
	if (fd != ANSWER_FD)
		dup2(fd, ANSWER_FD);
	process_close_from(ANSWER_FD + 1);
}

/* It ends at a signal, which we handle and block, and with us, however we end. */
static void become_mortal(pid_t parent)
{
	sigset_t none;
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* we ended before that call */
		_exit(1);
}

static _Noreturn void child(int fd, pid_t parent, const char *host, const char *port)
{
	static struct resolved answer;
	become_mortal(parent);
	drop_descriptors(fd);
	look_up(&answer, host, port, 0);
	const char *p = (const char *)&answer;
	for (size_t done = 0; done < sizeof answer;) {
		ssize_t n = write(ANSWER_FD, p + done, sizeof answer - done);
		if (n < 0 && errno != EINTR)
			_exit(1);
		done += n > 0 ? (size_t)n : 0;
	}
	_exit(0);
}

static bool failed(struct resolver *r, const char *what)
{
	memset(&r->answer, 0, sizeof r->answer);
	snprintf(r->answer.fault, sizeof r->answer.fault, "%s: %s", what, strerror(errno));
	return true;
}

bool resolve_begin(struct resolver *r, const char *host, const char *port)
{
	int ends[2];
	resolve_stop(r);
	if (look_up(&r->answer, host, port, AI_NUMERICHOST | AI_NUMERICSERV) == 0)
		return true;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return failed(r, "pipe");
	pid_t parent = getpid();
	r->child = fork();
	if (r->child == 0)
		child(ends[1], parent, host, port);
	close(ends[1]);
	if (r->child < 0) {
		close(ends[0]);
		return failed(r, "fork");
	}
	r->fd = ends[0];
	r->got = 0;
	return false;
}

bool resolve_read(struct resolver *r)
{
	ssize_t n = read(r->fd, (char *)&r->answer + r->got, sizeof r->answer - r->got);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	r->got += n > 0 ? (size_t)n : 0;
	if (n > 0 && r->got < sizeof r->answer)
		return false;
	if (r->got < sizeof r->answer) {
		memset(&r->answer, 0, sizeof r->answer);
		snprintf(r->answer.fault, sizeof r->answer.fault, "the look-up was cut off");
	}
	resolve_stop(r);
	return true;
}

void resolve_stop(struct resolver *r)
{
	if (r->child > 0) {
		kill(r->child, SIGKILL);
		while (waitpid(r->child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (r->fd >= 0)
		close(r->fd);
	resolve_init(r);
}

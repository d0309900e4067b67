/* SPDX-License-Identifier: MIT */
#include "sender.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "number.h"
#include "slice.h"
#include "strbuf.h"
#include "url.h"

enum {
	MOST = 262144, /* bytes of a request */
	LEAST = 16384, /* after the database has called it too large */
	PAUSE_MAX_S = 30,
	DROPPED_EVERY_S = 60, /* logged */
	CONFIG_FD = 3,
};

bool sender_begin(struct sender *s, size_t buffer_size)
{
	s->most = MOST;
	s->answer_fd = -1;
	return lines_begin(&s->lines, buffer_size);
}

bool sender_is_down(const struct sender *s)
{
	return s->failures > 0;
}

/* The database as it may be logged: a user, a password and a query may be secrets. */
static const char *shown(const struct sender *s)
{
	static char text[256];
	snprintf(text, sizeof text, "%.*s", (int)strcspn(s->url, "?"), s->url);
	return url_shown(text);
}

static void log_dropped(struct sender *s)
{
	uint64_t dropped = s->lines.dropped;
	if (dropped > s->logged_dropped)
		log_line("%s: lines that were dropped so far: %llu: the buffer is full", shown(s),
			 (unsigned long long)dropped);
	s->logged_dropped = dropped;
}

void sender_add(struct sender *s, const char *p, size_t n, int64_t now_us)
{
	lines_add(&s->lines, p, n);
	if (s->lines.dropped == s->logged_dropped || now_us < s->log_us)
		return;
	log_dropped(s);
	s->log_us = now_us + DROPPED_EVERY_S * INT64_C(1000000);
}

/* ---- starting ---- */

/* A file without a name; -1: it cannot be made. */
static int file_with(const char *name, const struct lines_part *part, unsigned parts)
{
	int fd = memfd_create(name, MFD_CLOEXEC);
	for (unsigned i = 0; fd >= 0 && i < parts; i++) {
		if (write(fd, part[i].p, part[i].n) == (ssize_t)part[i].n)
			continue;
		close(fd);
		fd = -1;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

/* The URL may have a password in it, which nobody is to see among the arguments of a process. */
static int make_config(const struct sender *s)
{
	char config[4096];
	struct strbuf t = {.data = config, .capacity = sizeof config};
	strbuf_string(&t, "url = \"");
	for (const char *p = s->url; *p; p++) {
		if (*p == '"' || *p == '\\')
			strbuf_char(&t, '\\');
		strbuf_char(&t, *p);
	}
	strbuf_string(&t, "\"\n");
	struct lines_part part = {config, t.size};
	errno = ENAMETOOLONG;
	return t.overflow ? -1 : file_with("jk-format-config", &part, 1);
}

static int spawn(struct sender *s, int data_fd, int config_fd, int answer_fd)
{
	char *argv[] = {"curl",
			"-q",
			"-s",
			"-g",
			"-o",
			"/dev/null",
			"-w",
			"%{http_code} %{errormsg}",
			"--connect-timeout",
			"10",
			"--max-time",
			"60",
			"-H",
			"Content-Type: text/plain; charset=utf-8",
			"--data-binary",
			"@-",
			"-K",
			"/dev/fd/3",
			s->config ? "-K" : NULL,
			(char *)(uintptr_t)s->config,
			NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, data_fd, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, answer_fd, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, config_fd, CONFIG_FD);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	int error = posix_spawnp(&s->child, argv[0], &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

/* Above the descriptor that the child gets the configuration as: else a copy of it would stay open. */
static int above(int fd)
{
	if (fd < 0 || fd > CONFIG_FD)
		return fd;
	int higher = fcntl(fd, F_DUPFD_CLOEXEC, CONFIG_FD + 1);
	close(fd);
	return higher;
}

static int start(struct sender *s)
{
	struct lines_part part[2];
	int answer[2] = {-1, -1};
	lines_send(&s->lines, s->most, part);
	int data = above(file_with("jk-format-lines", part, 2)), config = above(make_config(s));
	int error = data < 0 || config < 0 || pipe2(answer, O_CLOEXEC) < 0 ? errno : 0;
	answer[0] = above(answer[0]);
	answer[1] = above(answer[1]);
	if (!error)
		error = spawn(s, data, config, answer[1]);
	const int fds[] = {data, config, answer[1], error ? answer[0] : -1};
	for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	s->answer_size = 0;
	s->answer_fd = error ? -1 : answer[0];
	if (error)
		s->child = 0;
	return error;
}

/* ---- ending ---- */

static int64_t pause_us(const struct sender *s)
{
	unsigned shift = s->failures < 6 ? s->failures - 1 : 5;
	int64_t pause_s = INT64_C(1) << shift;
	return (pause_s < PAUSE_MAX_S ? pause_s : PAUSE_MAX_S) * 1000000;
}

static void failed(struct sender *s, const char *why, int64_t now_us)
{
	lines_sent(&s->lines, LINES_AGAIN);
	if (s->failures++ == 0)
		log_line("%s: %s; lines wait until it takes them", shown(s), why);
	s->due_us = now_us + pause_us(s);
}

static void succeeded(struct sender *s, int64_t now_us)
{
	lines_sent(&s->lines, LINES_ACKNOWLEDGED);
	if (s->failures > 0)
		log_line("%s: takes lines again; dropped so far: %llu", shown(s),
			 (unsigned long long)s->lines.dropped);
	s->logged_dropped = s->lines.dropped;
	s->failures = 0;
	s->due_us = now_us + s->every_us;
}

/* Sent again it would be wrong again. */
static void rejected(struct sender *s, int64_t code, int64_t now_us)
{
	uint64_t lines = s->lines.sending;
	lines_sent(&s->lines, LINES_REJECTED);
	log_line("%s: HTTP %lld: it rejects %llu lines", shown(s), (long long)code,
		 (unsigned long long)lines);
	s->failures = 0;
	s->due_us = now_us + s->every_us;
}

static void judge(struct sender *s, int status, int64_t now_us)
{
	enum { TOO_LARGE = 413 };
	char why[sizeof s->answer + 64];
	struct strbuf t = {.data = why, .capacity = sizeof why - 1};
	struct slice rest = {s->answer, s->answer_size}, code_text = slice_word(&rest);
	int64_t code = 0;
	number_parse(code_text.p, code_text.n, 0, 999, &code);
	if (code >= 200 && code < 300) {
		succeeded(s, now_us);
		return;
	}
	if (code == TOO_LARGE && s->most > LEAST) {
		s->most /= 2;
		lines_sent(&s->lines, LINES_AGAIN);
		return;
	}
	if (code == 400 || code == TOO_LARGE || code == 422) {
		rejected(s, code, now_us);
		return;
	}
	strbuf_string(&t, code > 0 ? "HTTP " : "curl failed: ");
	if (code > 0)
		strbuf_unsigned(&t, (uint64_t)code);
	else if (rest.n > 1)
		strbuf_add(&t, rest.p, rest.n);
	else
		strbuf_string(&t, WIFEXITED(status) && WEXITSTATUS(status) == 127 ? "not installed"
										  : "no answer");
	why[log_plain(why, t.size)] = '\0';
	failed(s, why, now_us);
}

static void look(struct sender *s, int64_t now_us)
{
	int status = 0;
	char rest[64];
	for (;;) {
		size_t room = sizeof s->answer - s->answer_size;
		ssize_t n = room > 0 ? read(s->answer_fd, s->answer + s->answer_size, room)
				     : read(s->answer_fd, rest, sizeof rest);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		s->answer_size += room > 0 ? (size_t)n : 0;
	}
	close(s->answer_fd);
	s->answer_fd = -1;
	while (waitpid(s->child, &status, 0) < 0 && errno == EINTR)
		;
	s->child = 0;
	judge(s, status, now_us);
}

int64_t sender_act(struct sender *s, int64_t now_us, bool at_once)
{
	if (s->child)
		look(s, now_us);
	if (s->child || s->lines.waiting == 0)
		return INT64_MAX;
	bool much = s->lines.used >= s->most || at_once;
	if (now_us < s->due_us && (sender_is_down(s) || !much))
		return s->due_us;
	int error = start(s);
	if (error) {
		failed(s, error == ENOENT ? "curl is not installed" : strerror(error), now_us);
		return s->due_us;
	}
	int flags = fcntl(s->answer_fd, F_GETFL);
	fcntl(s->answer_fd, F_SETFL, flags | O_NONBLOCK);
	return INT64_MAX;
}

bool sender_end(struct sender *s)
{
	const struct lines *q = &s->lines;
	if (s->child) {
		kill(s->child, SIGKILL);
		while (waitpid(s->child, NULL, 0) < 0 && errno == EINTR)
			;
		close(s->answer_fd);
	}
	if (q->waiting + q->dropped + q->rejected == 0)
		return true;
	log_line("%s: acknowledged %llu lines, dropped %llu, rejected %llu, lost at the end %llu", shown(s),
		 (unsigned long long)q->acknowledged, (unsigned long long)q->dropped,
		 (unsigned long long)q->rejected, (unsigned long long)q->waiting);
	return false;
}

/* SPDX-License-Identifier: MIT */
#include "port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static void tell(const char *what, const char *where, int number)
{
	if (where != NULL)
		printf("%s %s\n", what, where);
	else
		printf("%s %d\n", what, number);
	if (fflush(stdout) != 0)
		config_fail("cannot write", "stdout");
}

static void open_tcp(struct port *p)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)p->config->tcp_port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t n = sizeof(at);
	int on = 1;
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->listener < 0 || setsockopt(p->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(p->listener, (struct sockaddr *)&at, sizeof(at)) != 0 || listen(p->listener, 8) != 0 ||
	    getsockname(p->listener, (struct sockaddr *)&at, &n) != 0)
		config_fail("cannot listen", "127.0.0.1");
	tell("port", NULL, ntohs(at.sin_port));
}

static void link_pty(const char *path, const char *link)
{
	struct stat there;
	if (lstat(link, &there) == 0 && S_ISLNK(there.st_mode))
		unlink(link);
	if (symlink(path, link) != 0)
		config_fail("cannot link", link);
}

static void open_pty(struct port *p)
{
	struct termios raw;
	p->pty = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (p->pty < 0 || grantpt(p->pty) != 0 || unlockpt(p->pty) != 0)
		config_fail("cannot open", "a pty");
	const char *path = ptsname(p->pty);
	/* Opened and closed once: it is raw then, and the master side shows a hangup until somebody comes. */
	int slave = path ? open(path, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
	if (slave < 0 || tcgetattr(slave, &raw) != 0)
		config_fail("cannot open", "a pty");
	cfmakeraw(&raw);
	cfsetspeed(&raw, B115200);
	if (tcsetattr(slave, TCSANOW, &raw) != 0)
		config_fail("cannot make raw", path);
	close(slave);
	if (p->config->path != NULL)
		link_pty(path, p->config->path);
	tell("pty", path, 0);
}

static void open_file(struct port *p)
{
	p->file = strcmp(p->config->path, "-") == 0 ? stdout : fopen(p->config->path, "we");
	if (p->file == NULL)
		config_fail("cannot open", p->config->path);
}

void port_open(struct port *p, const struct config *c, struct log *log)
{
	static void (*const opens[])(struct port *) = {
		[PORT_TCP] = open_tcp,
		[PORT_PTY] = open_pty,
		[PORT_FILE] = open_file,
	};
	*p = (struct port){.config = c, .log = log, .listener = -1, .client = -1, .pty = -1};
	opens[c->port](p);
}

/* Asked to stop while the reader of our file has: what is buffered will not get out, so do not wait for it. */
static void file_failed(const struct port *p)
{
	if (errno == EINTR)
		_exit(0);
	config_fail("cannot write", p->config->path);
}

void port_close(struct port *p)
{
	if (p->client >= 0 && p->client != p->pty)
		close(p->client);
	if (p->listener >= 0)
		close(p->listener);
	if (p->pty >= 0 && p->config->path != NULL)
		unlink(p->config->path);
	if (p->pty >= 0)
		close(p->pty);
	if (p->file != NULL && fclose(p->file) != 0)
		file_failed(p);
}

bool port_listening(const struct port *p, uint64_t *generation)
{
	*generation = p->generation;
	return p->file != NULL || p->client >= 0;
}

size_t port_write(struct port *p, const uint8_t *bytes, size_t n)
{
	if (p->file != NULL) {
		if (fwrite(bytes, 1, n, p->file) != n)
			file_failed(p);
		return n;
	}
	ssize_t done = p->client >= 0 ? write(p->client, bytes, n) : 0;
	return done > 0 ? (size_t)done : 0;
}

nfds_t port_watch(const struct port *p, struct pollfd watch[2])
{
	nfds_t n = 0;
	if (p->listener >= 0)
		watch[n++] = (struct pollfd){.fd = p->listener, .events = POLLIN};
	if (p->client >= 0)
		watch[n++] = (struct pollfd){.fd = p->client, .events = POLLIN};
	return n;
}

bool port_blind(const struct port *p)
{
	return p->pty >= 0 && p->client < 0;
}

static void arrive(struct port *p, int64_t now_us, int fd)
{
	p->client = fd;
	p->generation++;
	p->since_us = now_us;
	log_event(p->log, now_us, "connected", -1);
}

static void leave(struct port *p, int64_t now_us)
{
	if (p->client != p->pty)
		close(p->client);
	p->client = -1;
	log_event(p->log, now_us, "disconnected", -1);
}

/* A newcomer takes the place of the one before, unless there may be only one. */
static bool accept_client(struct port *p, int64_t now_us)
{
	int on = 1, room = 4096;
	int fd = accept4(p->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return false;
	if (now_us < p->config->refuse_s * 1000000 || (p->config->one_client && p->client >= 0)) {
		close(fd);
		log_event(p->log, now_us, "refused", -1);
		return false;
	}
	/* A small buffer, so that a client that does not read is noticed. */
	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) != 0) {
		close(fd);
		return false;
	}
	if (p->client >= 0)
		leave(p, now_us);
	arrive(p, now_us, fd);
	return true;
}

static bool tend_pty(struct port *p, int64_t now_us)
{
	struct pollfd look = {.fd = p->pty, .events = POLLIN};
	bool open = poll(&look, 1, 0) >= 0 && !(look.revents & POLLHUP);
	if (open == (p->client >= 0))
		return false;
	if (open) {
		arrive(p, now_us, p->pty);
	} else {
		tcflush(p->pty, TCIOFLUSH); /* the next one shall not read what was meant for this one */
		leave(p, now_us);
	}
	return true;
}

bool port_tend(struct port *p, int64_t now_us)
{
	if (p->pty >= 0)
		return tend_pty(p, now_us);
	bool changed = p->listener >= 0 && accept_client(p, now_us);
	if (p->listener >= 0 && p->client >= 0 && p->config->hangup_s > 0 &&
	    now_us - p->since_us >= p->config->hangup_s * 1000000) {
		leave(p, now_us);
		changed = true;
	}
	return changed;
}

size_t port_read(struct port *p, int64_t now_us, uint8_t *bytes, size_t room)
{
	if (p->client < 0)
		return 0;
	ssize_t n = read(p->client, bytes, room);
	if (n > 0)
		return (size_t)n;
	if (p->client != p->pty && (n == 0 || (errno != EAGAIN && errno != EINTR)))
		leave(p, now_us);
	return 0;
}

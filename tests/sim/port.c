/* SPDX-License-Identifier: MIT */
#include "port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
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

/* The port is reserved from here on, but nobody can connect before it is opened. */
static void bind_tcp(struct port *p)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)p->config->tcp_port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t n = sizeof(at);
	int on = 1;
	if (p->tcp_port > 0)
		at.sin_port = htons((uint16_t)p->tcp_port);
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (p->listener < 0 || setsockopt(p->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(p->listener, (struct sockaddr *)&at, sizeof(at)) != 0 ||
	    getsockname(p->listener, (struct sockaddr *)&at, &n) != 0)
		config_fail("cannot bind", "127.0.0.1");
	p->tcp_port = ntohs(at.sin_port);
}

static void listen_tcp(struct port *p)
{
	if (listen(p->listener, 8) != 0)
		config_fail("cannot listen", "127.0.0.1");
}

static void open_tcp(struct port *p)
{
	bind_tcp(p);
	listen_tcp(p);
	tell("port", NULL, (int)p->tcp_port);
}

static void plug_pty(struct port *p)
{
	if (p->config->path != NULL)
		pty_link(p->pty_path, p->config->path);
	tell("pty", p->pty_path, 0);
}

static void open_pty(struct port *p)
{
	p->pty = pty_make(p->pty_path);
	p->watch = pty_watch(p->pty_path);
	plug_pty(p);
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
		[PORT_NONE] = NULL, /* CAN alone */
		[PORT_TCP] = open_tcp,
		[PORT_PTY] = open_pty,
		[PORT_FILE] = open_file,
	};
	*p = (struct port){.config = c, .log = log, .listener = -1, .client = -1, .pty = -1, .watch = -1};
	if (opens[c->port] != NULL)
		opens[c->port](p);
}

/* Stopped while the reader of the file no longer reads: buffered data cannot be written, so do not wait. */
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
	if (p->pty >= 0 && p->config->path != NULL && !p->unplugged)
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

static bool frozen(const struct port *p, int64_t now_us)
{
	return windows_hold(&p->config->freeze, now_us);
}

nfds_t port_watch(const struct port *p, int64_t now_us, struct pollfd watch[2])
{
	nfds_t n = 0;
	if (frozen(p, now_us))
		return 0;
	if (p->listener >= 0 && !p->unplugged)
		watch[n++] = (struct pollfd){.fd = p->listener, .events = POLLIN};
	if (p->client >= 0)
		watch[n++] = (struct pollfd){.fd = p->client, .events = POLLIN};
	if (p->watch >= 0 && !p->unplugged)
		watch[n++] = (struct pollfd){.fd = p->watch, .events = POLLIN};
	return n;
}

static int64_t hangup_us(const struct port *p)
{
	if (p->listener < 0 || p->client < 0 || p->config->hangup_s <= 0)
		return INT64_MAX;
	return p->since_us + p->config->hangup_s * 1000000;
}

int64_t port_next(const struct port *p, int64_t now_us)
{
	int64_t next = windows_change(&p->config->unplug, now_us);
	int64_t thaw = windows_change(&p->config->freeze, now_us);
	int64_t hangup = frozen(p, now_us) ? INT64_MAX : hangup_us(p);
	next = thaw < next ? thaw : next;
	return hangup < next ? hangup : next;
}

bool port_blind(const struct port *p)
{
	return p->pty >= 0 && p->watch < 0 && p->client < 0 && !p->unplugged;
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

/* Closes the connection, with RST if --reset is given. */
static void hang_up(struct port *p, int64_t now_us)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
	if (p->config->reset && p->client != p->pty)
		setsockopt(p->client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	leave(p, now_us);
}

/* A new client replaces the previous one, unless --one-client is given. */
static bool accept_client(struct port *p, int64_t now_us)
{
	int on = 1, room = 4096;
	int fd = accept4(p->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return false;
	if (windows_hold(&p->config->refuse, now_us) || (p->config->one_client && p->client >= 0)) {
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

/* The new pty is made while the old one exists, so that it gets another number. */
static void another_pty(struct port *p)
{
	int old = p->pty;
	p->pty = pty_make(p->pty_path);
	close(old);
	if (p->watch >= 0)
		close(p->watch);
	p->watch = pty_watch(p->pty_path);
}

/* The client has closed the pty. */
static void forget_pty(struct port *p, int64_t now_us)
{
	bool again = pty_forget(p->pty, p->pty_path);
	pty_visits(p->watch); /* discard the events of pty_forget() itself */
	if (p->client >= 0)
		leave(p, now_us);
	if (again)
		return;
	another_pty(p);
	plug_pty(p);
}

static bool tend_pty(struct port *p, int64_t now_us)
{
	enum pty_visit visit = pty_visits(p->watch);
	struct pollfd look = {.fd = p->pty, .events = POLLIN};
	bool open = poll(&look, 1, 0) >= 0 && !(look.revents & POLLHUP), was_open = p->client >= 0;
	if (open == was_open && (visit == PTY_QUIET || (open && visit == PTY_CLOSED)))
		return false;
	if (was_open || visit != PTY_QUIET)
		forget_pty(p, now_us);
	if (open)
		arrive(p, now_us, p->pty);
	return true;
}

static void unplug(struct port *p, int64_t now_us)
{
	if (p->client >= 0)
		hang_up(p, now_us);
	log_event(p->log, now_us, "unplugged", -1);
	if (p->pty < 0) {
		close(p->listener);
		bind_tcp(p);
		return;
	}
	if (p->config->path != NULL)
		unlink(p->config->path);
	another_pty(p); /* its link is made when it is plugged in */
}

static void plug(struct port *p, int64_t now_us)
{
	log_event(p->log, now_us, "plugged", -1);
	if (p->pty >= 0)
		plug_pty(p);
	else
		listen_tcp(p);
}

bool port_tend(struct port *p, int64_t now_us)
{
	bool out = windows_hold(&p->config->unplug, now_us), changed = out != p->unplugged;
	if (changed)
		(out ? unplug : plug)(p, now_us);
	p->unplugged = out;
	if (out || frozen(p, now_us))
		return changed;
	if (p->pty >= 0)
		return tend_pty(p, now_us) || changed;
	changed = accept_client(p, now_us) || changed;
	if (now_us >= hangup_us(p)) {
		hang_up(p, now_us);
		changed = true;
	}
	return changed;
}

size_t port_read(struct port *p, int64_t now_us, uint8_t *bytes, size_t room)
{
	/* Bytes written to a pty are on the wire, even if their writer has closed it. */
	int fd = p->pty >= 0 ? p->pty : p->client;
	if (fd < 0 || p->unplugged || frozen(p, now_us))
		return 0;
	ssize_t n = read(fd, bytes, room);
	if (n > 0)
		return (size_t)n;
	if (fd != p->pty && (n == 0 || (errno != EAGAIN && errno != EINTR)))
		leave(p, now_us);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#ifndef PORT_H
#define PORT_H

#include "config.h"
#include "log.h"
#include "pty.h"

#include <poll.h>
#include <stdio.h>

struct inside;

/* Where the wire ends: a TCP socket, a pseudo terminal or a file. */
struct port {
	const struct config *config;
	struct log *log;
	int listener,
		client; /* -1: none; the client of a pty is its master side, while somebody has it open */
	int pty;
	int64_t tcp_port; /* once it is known */
	char pty_path[PTY_PATH];
	int watch; /* for those who open it, -1: none */
	bool unplugged;
	FILE *file;
	uint64_t generation;   /* of clients */
	int64_t since_us;      /* when this one came */
	struct inside *inside; /* within a test */
};

/* Opens it and says where on stdout; exits 111 on failure. */
void port_open(struct port *p, const struct config *c, struct log *log);
void port_close(struct port *p);

/* Whether somebody listens; *generation tells one client from the next. */
bool port_listening(const struct port *p, uint64_t *generation);

/* Gives the bytes away without waiting (a file is waited for); returns how many it could. */
size_t port_write(struct port *p, const uint8_t *bytes, size_t n);

/* Fills in what to wait for at now_us, returns how many. */
nfds_t port_watch(const struct port *p, int64_t now_us, struct pollfd watch[2]);

/* When port_tend() has something to do though nothing wakes us; INT64_MAX: never. */
int64_t port_next(const struct port *p, int64_t now_us);

/* Comings and goings; true if a client came or went.  To be called after each wait. */
bool port_tend(struct port *p, int64_t now_us);

/* What the client has written, 0 if nothing. */
size_t port_read(struct port *p, int64_t now_us, uint8_t *bytes, size_t room);

/* Whether comings must be looked for, as nothing wakes us for them. */
bool port_blind(const struct port *p);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef PORT_H
#define PORT_H

#include "config.h"
#include "log.h"
#include "pty.h"

#include <poll.h>
#include <stdio.h>

struct inside;

/* The end of the wire: a TCP socket, a pseudo terminal or a file. */
struct port {
	const struct config *config;
	struct log *log;
	int listener, client; /* -1: none; the client of a pty is its master side while the pty is open */
	int pty;
	int64_t tcp_port; /* when known */
	char pty_path[PTY_PATH];
	int watch; /* reports who opens the pty; -1: none */
	bool unplugged;
	FILE *file;
	uint64_t generation;   /* counts clients */
	int64_t since_us;      /* when this client connected */
	struct inside *inside; /* within a test */
};

/* Opens it and prints where on stdout; exits with 111 on failure. */
void port_open(struct port *p, const struct config *c, struct log *log);
void port_close(struct port *p);

/* Whether a client is connected; *generation distinguishes it from the next. */
bool port_listening(const struct port *p, uint64_t *generation);

/* Writes without waiting (but waits for a file); returns how many bytes were taken. */
size_t port_write(struct port *p, const uint8_t *bytes, size_t n);

/* Fills in the descriptors to wait for at now_us; returns how many. */
nfds_t port_watch(const struct port *p, int64_t now_us, struct pollfd watch[2]);

/* When port_tend() must be called even if no descriptor is ready; INT64_MAX: never. */
int64_t port_next(const struct port *p, int64_t now_us);

/* Handles connections and disconnections; true if a client came or went.  Call it after each wait. */
bool port_tend(struct port *p, int64_t now_us);

/* Reads what the client has written; 0 if nothing. */
size_t port_read(struct port *p, int64_t now_us, uint8_t *bytes, size_t room);

/* Whether new clients must be polled for, because no descriptor reports them. */
bool port_blind(const struct port *p);

#endif

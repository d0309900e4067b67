/* SPDX-License-Identifier: MIT */
/*
 * jk-sim: an RS485 bus and a CAN bus with JK packs, for tests.  It shares only the parsing of numbers with
 * the programs.
 */
#include "bus.h"
#include "can_bus.h"
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>

enum { LOOK_US = 10000, LONGEST_US = 1000000, STALLED_US = 20000 };

static volatile sig_atomic_t stop, switched;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static void on_switch(int number)
{
	(void)number;
	switched = 1;
}

/* Signals are unblocked only while waiting, so that none is missed between the check and the wait. */
static sigset_t catch_signals(void)
{
	sigset_t caught, open;
	struct sigaction ask = {.sa_handler = on_signal};
	struct sigaction change = {.sa_handler = on_switch};
	sigemptyset(&caught);
	sigaddset(&caught, SIGTERM);
	sigaddset(&caught, SIGINT);
	sigaddset(&caught, SIGUSR1);
	sigaction(SIGTERM, &ask, NULL);
	sigaction(SIGINT, &ask, NULL);
	sigaction(SIGUSR1, &change, NULL);
	sigprocmask(SIG_BLOCK, &caught, &open);
	sigdelset(&open, SIGTERM);
	sigdelset(&open, SIGINT);
	sigdelset(&open, SIGUSR1);
	return open;
}

static int64_t end_us(const struct config *c)
{
	return c->duration_s > 0 ? c->duration_s * 1000000 : INT64_MAX;
}

/* To a file: time jumps to the next event, and a signal may interrupt writing. */
static void run_file(struct bus *b, struct can_bus *can, const struct config *c, const sigset_t *open)
{
	sigprocmask(SIG_SETMASK, open, NULL);
	for (int64_t now = 0; !stop && (now < end_us(c) || b->busy);) {
		int64_t next = bus_run(b, now), frame = can_bus_run(can, now);
		next = b->busy ? b->free_us : next;
		now = frame < next ? frame : next;
	}
}

static void wait_us(const struct port *p, int64_t now, int64_t us, const sigset_t *open)
{
	struct pollfd watch[2];
	nfds_t n = port_watch(p, now, watch);
	struct timespec t = {(time_t)(us / 1000000), (long)(us % 1000000 * 1000)};
	if (ppoll(watch, n, &t, open) < 0 && errno != EINTR)
		config_fail("cannot wait", "bus");
}

static int64_t until(int64_t us, const struct config *c, const struct port *p)
{
	int64_t most = port_blind(p) ? LOOK_US : LONGEST_US;
	if (us > most * 1000)
		return most;
	us = us * 1000 / c->speed_milli;
	return us < 0 ? 0 : us < most ? us : most;
}

static void hear(struct bus *b, struct port *p, int64_t now)
{
	uint8_t bytes[256];
	for (size_t n; (n = port_read(p, now, bytes, sizeof(bytes))) > 0;)
		bus_hear(b, now, bytes, n);
}

static void run_live(struct bus *b, struct can_bus *can, struct port *p, struct config *c,
		     const sigset_t *open)
{
	int64_t begun = log_clock_us(), real = begun, now = 0;
	log_begun(b->log, begun);
	while (!stop && now < end_us(c)) {
		int64_t next = bus_run(b, now), tend = port_next(p, now), frame = can_bus_run(can, now);
		next = tend < next ? tend : next;
		next = frame < next ? frame : next;
		int64_t wait = next <= now ? 0 : until(next - now, c, p), before = real;
		wait_us(p, now, wait, open);
		real = log_clock_us();
		now = (real - begun) * c->speed_milli / 1000;
		if (real - before > wait + STALLED_US)
			log_stalled(b->log, now, real - before - wait);
		if (switched)
			config_switch(c, now);
		switched = 0;
		if (port_tend(p, now))
			bus_forget(b, now);
		bus_run(b, now); /* finish what is due before the next request is read */
		hear(b, p, now);
	}
}

int main(int argc, char *argv[])
{
	static struct config config;
	static struct log log;
	static struct port port;
	static struct bus bus;
	static struct can_bus can;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a file that grows too long is an error of write(2) */
	config_parse(&config, argc, argv, PORT_NONE);
	sigset_t open = catch_signals();
	log_open(&log, config.log_path);
	bus_init(&bus, &config, &port, &log);
	can_bus_open(&can, &bus, &log);
	port_open(&port, &config, &log);
	if (config_paced(&config))
		run_live(&bus, &can, &port, &config, &open);
	else
		run_file(&bus, &can, &config, &open);
	bus_close(&bus);
	port_close(&port);
	can_bus_close(&can);
	log_close(&log);
	return 0;
}

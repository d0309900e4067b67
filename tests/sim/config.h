/* SPDX-License-Identifier: MIT */
#ifndef CONFIG_H
#define CONFIG_H

#include "can_frame.h"
#include "pack.h"
#include "window.h"

enum { MAX_PACKS = 16, MAX_SILENCES = 1024, MAX_LEVELS = 256, EXIT_USAGE = 100, EXIT_SYSTEM = 111 };

/* PORT_INSIDE: within a test, see inside.h. */
enum port_kind { PORT_NONE, PORT_TCP, PORT_PTY, PORT_FILE, PORT_INSIDE };

/* Probabilities per message, in ppm, and parameters with units in their names. */
struct faults {
	uint32_t noise, false_header, flip, burst, truncate, no_ack, bad_ack, collide, contradict, exceptions;
	uint32_t late;
	int64_t late_ms;
	int64_t cut; /* bytes removed from the end of an answer, with this probability */
	uint32_t cut_chance;
	uint32_t echo_part;
	int64_t echo_late_ms;
	int64_t padding;
	int64_t duplicate; /* address, -1 none */
	int64_t segment, segment_delay_ms;
	bool echo;
};

/* Faults of writes of settings, in ppm. */
struct write_faults {
	uint32_t refuse, forget, no_ack, lost, wrong_address, late;
	int64_t refuse_code, late_ms;
};

/* An address that does not answer during that time. */
struct silence {
	int64_t address;
	struct window when;
};

struct pack_option {
	int64_t address, cells;
	const struct firmware *firmware;
	bool fixed_errors;
	uint32_t errors;
	struct window errors_when;
};

/* The levels of 0x7F4 of a pack during that time. */
struct levels {
	int64_t address;
	uint32_t levels;
	struct window when;
};

struct can_config {
	const char *path;      /* as given; NULL: no CAN bus */
	const char *interface; /* NULL: path is a file */
	const char *channel;   /* in the log */
	enum can_cycle cycle;
	bool inverter;
	uint32_t lost, error_frames; /* in ppm */
	struct windows mute;
	struct levels levels[MAX_LEVELS];
	size_t level_count;
	struct silence silences[MAX_LEVELS];
	size_t silence_count;
};

struct config {
	enum port_kind port;
	int64_t tcp_port;
	const char *path; /* pty link or file */
	bool strict, one_client, reset;
	bool master; /* the pack with address 0 is a master, at least at times: it answers nobody */
	struct windows master_at, poller_at;
	int64_t poller_round_us;
	int64_t start_ms, duration_s, day_s, seed;
	int64_t runtime_s; /* of all packs before the start, beyond what they have anyway */
	uint32_t speed_milli;
	bool speed_given;
	struct climate climate, climates[MAX_ADDRESS + 1]; /* of all packs, and what one has of its own */
	struct faults faults;
	struct write_faults writes;
	struct silence silences[MAX_SILENCES];
	size_t silence_count;
	struct windows refuse, mute, freeze, unplug;
	int64_t hangup_s;
	const char *log_path;
	struct pack_option packs[MAX_PACKS];
	size_t pack_count;
	struct can_config can;
	struct pack_option twin; /* a second pack of that address; no cells: none */
	struct windows twin_at;  /* none: always */
	int64_t twin_after_ms;   /* it answers this long after the first; -1: they take turns */
};

/*
 * Fills the configuration from the command line.  Does not return on -h (exit 0) or an error (message on
 * stderr, exit 100).  port is PORT_NONE if the command line must give the end of the bus, or PORT_INSIDE if
 * it must not.
 */
void config_parse(struct config *c, int argc, char *argv[], enum port_kind port);

/* Whether bus time goes with real time, not as fast as possible. */
bool config_paced(const struct config *c);

/* The fixed values of the pack with that address. */
struct climate config_climate(const struct config *c, int64_t address);

/* SIGUSR1 was received: windows that depend on it begin or end. */
void config_switch(struct config *c, int64_t now_us);

/* ADDR[@FROM-TO], added to a list of silences with that room; false if it is wrong or there is no room. */
bool config_silence(struct silence *all, size_t room, size_t *count, const char *a);

/* can_option.c: the options of the CAN bus; each is false if the argument is wrong. */
bool can_take_where(struct config *c, const char *a);
bool can_take_cycle(struct config *c, const char *a);
bool can_take_channel(struct config *c, const char *a);
bool can_take_levels(struct config *c, const char *a);
bool can_take_silence(struct config *c, const char *a);

/* Whether they go together with the others; does not return if not. */
void can_check(const struct config *c);

void can_switch(struct can_config *can, int64_t now_us);

/* Prints that the value of an option (or of PACK) is wrong, and exits with 100. */
void config_wrong(const char *what, const char *argument) __attribute__((noreturn));

extern const struct window window_always;

/* usage.c: what -h prints. */
extern const char usage_text[];

/* Prints what failed and why (errno) on stderr, and exits with 111. */
void config_fail(const char *what, const char *on) __attribute__((noreturn));

#endif

/* SPDX-License-Identifier: MIT */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PREFIX_MAX = 64 };

struct layout;

struct options {
	const char *host;
	uint16_t port;
	const struct layout *layout;  /* which topics and identifiers there are */
	const char *prefix;           /* of our topics */
	const char *discovery_prefix; /* of Home Assistant's */
	bool by_component;            /* a discovery message an entity, not one a device */
	bool values;                  /* -k */
	bool every_change;            /* Home Assistant is sent all: cells, clocks, digits */
	int32_t cell_step_uv;         /* --cell-step */
	int64_t interval_us;          /* -i */
	int64_t silent_us;            /* -t */
	int64_t wait_us;              /* -w */
	int64_t max_age_us;           /* --max-age; 0: no limit */
	const char *fifo;             /* -c; NULL: no commands are taken */
	const char *state;            /* -s; NULL: nothing is kept over a restart */
	const char *status;           /* --status; NULL: none is written */
	const char *user, *password;  /* NULL: none */
	const char *cafile, *cert, *key;
	char *const *forget; /* --forget: the names of packs; their number */
	size_t forget_count;
	int ready_fd;
};

/* Ends the program with 100 for what is wrong with them, and for -h and -V. */
struct options mqtt_options_parse(int argc, char **argv);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef STATE_H
#define STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "model.h"
#include "record_members.h"

/*
 * What survives a restart, as text: which BMS and links have been seen, and which alarms are active since
 * when.
 *
 *   jk-alarm state 1
 *   time 1763856000.161234
 *   link "ttyUSB0"
 *   bms 1 "ttyUSB0"
 *   can 0 "can0"                   a BMS that is heard over CAN
 *   pack "north"                   of the BMS before it, where its records have these names
 *   label "North - Cellar 1"
 *   alarm bits cell_overvoltage alarm 1763855941.003112 1 "ttyUSB0"
 *   alarm rule state_of_charge< warning 1763855000.000000 1 "ttyUSB0"
 *   alarm rule link_down> alarm 1763855950.000000 - "ttyUSB0"
 *   sum 8C1F
 *
 * The sum is the CRC-16 of Modbus over everything before it.
 */

enum {
	STATE_LEAST = 65536,
	STATE_MAX = 1 << 30, /* of a file that is read: more than every alarm of every BMS */
};

/*
 * Reads the state file into a fresh model.  If its content is wrong, the model starts without a state; what
 * happens to the file, and when the program ends, is in state_file.h.  spare: as in state_text.h.
 */
void state_load(struct model *m, struct members *members, const char *path, const char *spare);

/*
 * Replaces the state file, or the spare one.  A failure is logged once, and m->dirty stays set, so that it is
 * tried again.  Returns the size of the state.
 */
size_t state_save(struct model *m, const char *path);

#endif

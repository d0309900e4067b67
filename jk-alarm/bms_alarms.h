/* SPDX-License-Identifier: MIT */
#ifndef BMS_ALARMS_H
#define BMS_ALARMS_H

#include "model.h"
#include "record_view.h"

/*
 * The alarms that a BMS reports itself: in errors_bitmask over RS485, in frames 7F4 and 18F328F4 over CAN.
 * A pack that is heard over both has one alarm for what both report, which is raised with the first report
 * and clears when no source that counts reports it any more.
 *
 * A source counts while it is fresh, by the time of pack_sources.h, and no other pack has its address.
 * What one reported that does not count stays as it was, stale, until a source that counts reports the
 * same, or could report it and does not.
 */

enum {
	FAULT_FRAME_ABSENT_US = 2000000, /* 7F4 and 18F328F4 are sent every 100 ms while something is wrong */
	FAULT_FRAME_QUIET_US =
		2000000, /* nothing at all was received for longer: their absence means nothing */
};

/*
 * The bits of RS485; the frames of CAN, of which a record has one or none.  Every record of a CAN frame is
 * passed, also one that is not trusted: it reports nothing, but shows that its fault frame is being sent.
 * The absence of a fault frame counts only while other frames come that are trusted.
 */
void bms_alarms_bits(struct model *m, struct source *source, uint32_t bits, int64_t time_us);
void bms_alarms_can(struct model *m, struct source *source, const struct record_view *record, bool trusted);

/* An alarm about the frames or the address of a source: SLOT_INCONSISTENT, SLOT_TWINS. */
void bms_alarms_source(struct model *m, struct source *source, size_t slot, bool on, int64_t time_us);

/* A record of the pack has come: which of its sources count may have changed. */
void bms_alarms_sources(struct model *m, struct target *pack, int64_t time_us);

/* While the link was closed, or nothing came, the absence of the fault frames meant nothing. */
void bms_alarms_not_missed(struct model *m, struct source *source);

/*
 * When a fault frame has been absent for long enough, if nothing comes before; INT64_MAX if that will not be
 * certain without another frame.  Then, at this record time: its alarms clear.
 */
int64_t bms_alarms_end(const struct source *source);
void bms_alarms_expire(struct model *m, struct source *source, int64_t time_us);

#endif

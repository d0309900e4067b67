/* SPDX-License-Identifier: MIT */
#include "can_diagnosis.h"

#include <stddef.h>

#include "log.h"

static const char nothing[] =
	"nothing at all was received: are CAN-H and CAN-L connected, and is the bit rate "
	"that of the BMS: 250000 "
	"with CAN protocol 0, 500000 with 6 and those of inverters?";
static const char only_errors[] = "only errors of the bus were received: the bit rate is likely wrong: "
				  "250000 with CAN protocol 0 of the "
				  "BMS, 500000 with 6 and those of inverters";
static const char only_inverter[] =
	"only frames for an inverter were received: the BMS is set to the CAN protocol of an inverter; for "
	"frames of the packs choose 0 (250000 bit/s) or 6 (500000); --inverter shows the sums of all packs "
	"that an inverter gets";
static const char only_others[] = "frames were received, but none of a JK BMS: is this the bus of the packs, "
				  "and is their CAN protocol 0 "
				  "or 6?";

void can_diagnosis_begin(struct can_diagnosis *d)
{
	*d = (struct can_diagnosis){.due_us = INT64_MAX};
}

void can_diagnosis_opened(struct can_diagnosis *d, int64_t now_us)
{
	d->due_us = now_us + CAN_DIAGNOSIS_AFTER_US;
}

void can_diagnosis_down(struct can_diagnosis *d)
{
	d->is_down = d->is_down || d->due_us != INT64_MAX;
	d->due_us = INT64_MAX;
}

void can_diagnosis_up(struct can_diagnosis *d, int64_t now_us)
{
	if (d->is_down)
		can_diagnosis_opened(d, now_us);
	d->is_down = false;
}

const char *can_diagnosis_advice(const struct can_diagnosis *d)
{
	if (d->heard[CAN_HEARD_PACK] > 0)
		return NULL;
	if (d->heard[CAN_HEARD_INVERTER] > 0)
		return only_inverter;
	if (d->heard[CAN_HEARD_OTHER] > 0)
		return only_others;
	return d->heard[CAN_HEARD_ERROR] > 0 ? only_errors : nothing;
}

void can_diagnosis_time(struct can_diagnosis *d, int64_t now_us)
{
	if (now_us < d->due_us)
		return;
	const char *advice = can_diagnosis_advice(d);
	d->due_us = INT64_MAX;
	if (advice)
		log_line("%s", advice);
}

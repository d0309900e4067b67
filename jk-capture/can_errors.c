/* SPDX-License-Identifier: MIT */
#include "can_errors.h"

#include <linux/can/error.h>

#include "strbuf.h"

enum { CONTROLLER = 1, TX_COUNT = 6, RX_COUNT = 7 }; /* bytes of an error frame, linux/can/error.h */

static const char *const names[CAN_CONDITIONS] = {
	[CAN_ACTIVE] = "error-active", [CAN_WARNING] = "error-warning", [CAN_PASSIVE] = "error-passive",
	[CAN_BUS_OFF] = "bus-off",     [CAN_STOPPED] = "stopped",
};

void can_errors_begin(struct can_errors *e, void (*event)(void *context, const char *words, int64_t time_us),
		      void *context)
{
	*e = (struct can_errors){.event = event, .context = context};
}

void can_errors_state(struct can_errors *e, enum can_condition condition, unsigned tx, unsigned rx,
		      int64_t time_us)
{
	char buffer[CAN_WORDS_MAX];
	struct strbuf words = {.data = buffer, .capacity = sizeof buffer - 1};
	if (condition == e->condition || condition == CAN_UNKNOWN)
		return;
	e->condition = condition;
	strbuf_string(&words, names[condition]);
	strbuf_char(&words, ' ');
	strbuf_unsigned(&words, tx);
	strbuf_char(&words, ' ');
	strbuf_unsigned(&words, rx);
	buffer[words.size] = '\0';
	e->event(e->context, buffer, time_us);
}

/* The worst of what the frame reports. */
static enum can_condition condition_of(const struct canfd_frame *frame)
{
	uint8_t controller = frame->data[CONTROLLER];
	if (frame->can_id & CAN_ERR_BUSOFF)
		return CAN_BUS_OFF;
	if (!(frame->can_id & CAN_ERR_CRTL))
		return frame->can_id & CAN_ERR_RESTARTED ? CAN_ACTIVE : CAN_UNKNOWN;
	if (controller & (CAN_ERR_CRTL_RX_PASSIVE | CAN_ERR_CRTL_TX_PASSIVE))
		return CAN_PASSIVE;
	if (controller & (CAN_ERR_CRTL_RX_WARNING | CAN_ERR_CRTL_TX_WARNING))
		return CAN_WARNING;
	return controller & CAN_ERR_CRTL_ACTIVE ? CAN_ACTIVE : CAN_UNKNOWN;
}

/* They may come by the thousand in a second. */
static void count_bus_error(struct can_errors *e, int64_t time_us)
{
	e->bus_errors++;
	/* The clock may have been set back. */
	if (e->bus_error_seen && time_us < e->bus_error_us &&
	    time_us >= e->bus_error_us - CAN_BUS_ERROR_EVERY_US)
		return;
	e->bus_error_seen = true;
	e->bus_error_us = time_us + CAN_BUS_ERROR_EVERY_US;
	e->event(e->context, "bus-error", time_us);
}

void can_errors_frame(struct can_errors *e, const struct canfd_frame *frame, int64_t time_us)
{
	if (frame->can_id & CAN_ERR_RESTARTED)
		e->event(e->context, "restarted", time_us);
	if (frame->can_id & (CAN_ERR_PROT | CAN_ERR_BUSERROR))
		count_bus_error(e, time_us);
	can_errors_state(e, condition_of(frame), frame->data[TX_COUNT], frame->data[RX_COUNT], time_us);
}

void can_errors_data(struct can_errors *e, int64_t time_us)
{
	if (e->condition == CAN_STOPPED || (e->condition == CAN_BUS_OFF && e->stateless))
		can_errors_state(e, CAN_ACTIVE, 0, 0, time_us);
}

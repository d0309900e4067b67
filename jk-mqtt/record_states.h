/* SPDX-License-Identifier: MIT */
#ifndef RECORD_STATES_H
#define RECORD_STATES_H

#include "publisher.h"

/* Records that are the states of a device: live and can, settings, about; and frames for an inverter. */

void record_states_live(struct publisher *p, struct json_record *r, int64_t now_us);
/* Records of jk-bank. */
void record_states_bank(struct publisher *p, struct json_record *r, int64_t now_us);
void record_states_energy(struct publisher *p, struct json_record *r, int64_t now_us);
void record_states_balance(struct publisher *p, struct json_record *r, int64_t now_us);
void record_states_score(struct publisher *p, struct json_record *r, int64_t now_us);
void record_states_inverter(struct publisher *p, struct json_record *r, int64_t now_us);
void record_states_settings(struct publisher *p, struct json_record *r, int64_t now_us);
void record_states_about(struct publisher *p, struct json_record *r, int64_t now_us);

#endif

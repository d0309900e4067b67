/* SPDX-License-Identifier: MIT */
#ifndef RECORDS_H
#define RECORDS_H

#include "publisher.h"

/* Takes a record, by its type, and frees it. */
void records_record(struct publisher *p, struct json_record *record, int64_t now_us);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef FIELDS_TABLES_H
#define FIELDS_TABLES_H

#include "fields.h"

/* The parts of field_tables, for fields.c alone. */
extern const struct field_table field_table_live, field_table_settings, field_table_about;

#endif

/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <string.h>

enum pack_column {
	POWER,
	POWER_MIN,
	POWER_MAX,
	CURRENT,
	CURRENT_MIN,
	CURRENT_MAX,
	VOLTAGE,
	VOLTAGE_MIN,
	VOLTAGE_MAX,
	SPREAD,
	SPREAD_MIN,
	SPREAD_MAX,
	CHARGE,
	REMAINING,
	HIGHEST,
	HIGHEST_NUMBER,
	LOWEST,
	LOWEST_NUMBER,
	SENSOR_1,
	SENSOR_2,
	SENSOR_3,
	SENSOR_4,
	SENSOR_5,
	MOSFET,
	PACK_COLUMNS,
};

static const struct history_column pack_columns[PACK_COLUMNS] = {
	[POWER] = {"power", "power", FOLD_MEAN, 3, POWER},
	[POWER_MIN] = {"power_min", "power", FOLD_MIN, 3, POWER},
	[POWER_MAX] = {"power_max", "power", FOLD_MAX, 3, POWER},
	[CURRENT] = {"current", "current", FOLD_MEAN, 3, CURRENT},
	[CURRENT_MIN] = {"current_min", "current", FOLD_MIN, 3, CURRENT},
	[CURRENT_MAX] = {"current_max", "current", FOLD_MAX, 3, CURRENT},
	[VOLTAGE] = {"total_voltage", "total_voltage", FOLD_MEAN, 3, VOLTAGE},
	[VOLTAGE_MIN] = {"total_voltage_min", "total_voltage", FOLD_MIN, 3, VOLTAGE},
	[VOLTAGE_MAX] = {"total_voltage_max", "total_voltage", FOLD_MAX, 3, VOLTAGE},
	[SPREAD] = {"delta_cell_voltage", "delta_cell_voltage", FOLD_MEAN, 3, SPREAD},
	[SPREAD_MIN] = {"delta_cell_voltage_min", "delta_cell_voltage", FOLD_MIN, 3, SPREAD_MIN},
	[SPREAD_MAX] = {"delta_cell_voltage_max", "delta_cell_voltage", FOLD_MAX, 3, SPREAD_MAX},
	[CHARGE] = {"state_of_charge", "state_of_charge", FOLD_LAST, 0, CHARGE},
	[REMAINING] = {"capacity_remaining", "capacity_remaining", FOLD_LAST, 3, REMAINING},
	[HIGHEST] = {"max_cell_voltage", "max_cell_voltage", FOLD_LAST, 3, HIGHEST},
	[HIGHEST_NUMBER] = {"max_voltage_cell", "max_voltage_cell", FOLD_LAST, 0, HIGHEST_NUMBER},
	[LOWEST] = {"min_cell_voltage", "min_cell_voltage", FOLD_LAST, 3, HIGHEST},
	[LOWEST_NUMBER] = {"min_voltage_cell", "min_voltage_cell", FOLD_LAST, 0, LOWEST_NUMBER},
	[SENSOR_1] = {"temperature_sensor_1", "temperature_sensor_1", FOLD_LAST, 1, SENSOR_1},
	[SENSOR_2] = {"temperature_sensor_2", "temperature_sensor_2", FOLD_LAST, 1, SENSOR_1},
	[SENSOR_3] = {"temperature_sensor_3", "temperature_sensor_3", FOLD_LAST, 1, SENSOR_1},
	[SENSOR_4] = {"temperature_sensor_4", "temperature_sensor_4", FOLD_LAST, 1, SENSOR_1},
	[SENSOR_5] = {"temperature_sensor_5", "temperature_sensor_5", FOLD_LAST, 1, SENSOR_1},
	[MOSFET] = {"mosfet_temperature", "mosfet_temperature", FOLD_LAST, 1, SENSOR_1},
};

enum bank_column {
	BANK_POWER,
	BANK_POWER_MIN,
	BANK_POWER_MAX,
	BANK_CURRENT,
	BANK_CURRENT_MIN,
	BANK_CURRENT_MAX,
	BANK_VOLTAGE,
	BANK_CHARGE,
	BANK_REMAINING,
	BANK_STORED,
	BANK_HEARD,
	BANK_KNOWN,
	BANK_COLUMNS,
};

static const struct history_column bank_columns[BANK_COLUMNS] = {
	[BANK_POWER] = {"power", "power", FOLD_MEAN, 3, BANK_POWER},
	[BANK_POWER_MIN] = {"power_min", "power", FOLD_MIN, 3, BANK_POWER},
	[BANK_POWER_MAX] = {"power_max", "power", FOLD_MAX, 3, BANK_POWER},
	[BANK_CURRENT] = {"current", "current", FOLD_MEAN, 3, BANK_CURRENT},
	[BANK_CURRENT_MIN] = {"current_min", "current", FOLD_MIN, 3, BANK_CURRENT},
	[BANK_CURRENT_MAX] = {"current_max", "current", FOLD_MAX, 3, BANK_CURRENT},
	[BANK_VOLTAGE] = {"total_voltage", "total_voltage", FOLD_MEAN, 3, BANK_VOLTAGE},
	[BANK_CHARGE] = {"state_of_charge", "state_of_charge", FOLD_LAST, 1, BANK_CHARGE},
	[BANK_REMAINING] = {"capacity_remaining", "capacity_remaining", FOLD_LAST, 3, BANK_REMAINING},
	[BANK_STORED] = {"stored_wh", "stored_wh", FOLD_LAST, 3, BANK_STORED},
	[BANK_HEARD] = {"packs_heard", "packs_heard", FOLD_LAST, 0, BANK_HEARD},
	[BANK_KNOWN] = {"packs_known", "packs_known", FOLD_LAST, 0, BANK_KNOWN},
};

const struct history_series history_series[HISTORY_KINDS] = {
	[HISTORY_PACK] = {"pack", "minute", "hour", "minute_data", "hour_data", pack_columns, PACK_COLUMNS},
	[HISTORY_BANK] = {"bank", "bank_minute", "bank_hour", "bank_minute_data", "bank_hour_data",
			  bank_columns, BANK_COLUMNS},
};
_Static_assert((int)PACK_COLUMNS <= (int)HISTORY_COLUMNS_MAX && HISTORY_COLUMNS_MAX <= 32, "a bit each");

void history_sum_begin(struct history_sum *sum, int64_t time_s)
{
	sum->row.time_s = time_s;
	sum->row.count = 0;
	sum->row.has = 0;
}

static void begin_value(struct history_sum *sum, unsigned column, int64_t value, int64_t weight, int64_t at)
{
	sum->row.has |= UINT32_C(1) << column;
	sum->row.value[column] = value;
	sum->weight[column] = weight;
	sum->at[column] = at;
}

static void add(struct history_sum *sum, const struct history_series *series, unsigned column, int64_t value,
		int64_t weight, int64_t at)
{
	enum history_fold fold = series->column[column].fold;
	int64_t *to = &sum->row.value[column];
	if (!(sum->row.has >> column & 1)) {
		begin_value(sum, column, fold == FOLD_MEAN ? value * weight : value, weight, at);
	} else if (fold == FOLD_MEAN) {
		*to += value * weight;
		sum->weight[column] += weight;
	} else if (fold == FOLD_LAST ? at >= sum->at[column] : fold == FOLD_MIN ? value < *to : value > *to) {
		*to = value;
		sum->at[column] = at;
	}
}

void history_sum_value(struct history_sum *sum, const struct history_series *series, unsigned column,
		       int64_t value, int64_t at)
{
	add(sum, series, column, value, 1, at);
}

void history_sum_row(struct history_sum *sum, const struct history_series *series,
		     const struct history_row *row, int64_t weight, int64_t at)
{
	for (uint32_t left = row->has; left; left &= left - 1) {
		unsigned column = (unsigned)__builtin_ctz(left);
		add(sum, series, column, row->value[column], weight, at);
	}
}

void history_sum_means(const struct history_sum *sum, const struct history_series *series,
		       int64_t sums[HISTORY_MEANS_MAX])
{
	unsigned n = 0;
	for (unsigned i = 0; i < series->columns && n < HISTORY_MEANS_MAX; i++)
		if (series->column[i].fold == FOLD_MEAN)
			sums[n++] = sum->row.has >> i & 1 ? sum->row.value[i] : 0;
}

void history_sum_exact(struct history_sum *sum, const struct history_series *series,
		       const struct history_row *row, const int64_t sums[HISTORY_MEANS_MAX], int64_t at)
{
	unsigned n = 0;
	for (unsigned i = 0; i < series->columns; i++) {
		bool mean = series->column[i].fold == FOLD_MEAN;
		int64_t value = mean ? sums[n++] : row->value[i];
		if (!(row->has >> i & 1))
			continue;
		add(sum, series, i, value, 1, at);
		if (mean)
			sum->weight[i] += row->count - 1;
	}
}

static int64_t rounded(int64_t sum, int64_t count)
{
	int64_t half = sum < 0 ? -(count / 2) : count / 2;
	return count > 0 ? (sum + half) / count : 0;
}

struct history_row history_sum_result(const struct history_sum *sum, const struct history_series *series)
{
	struct history_row row = sum->row;
	for (uint32_t left = row.has; left; left &= left - 1) {
		unsigned column = (unsigned)__builtin_ctz(left);
		if (series->column[column].fold == FOLD_MEAN)
			row.value[column] = rounded(row.value[column], sum->weight[column]);
	}
	return row;
}

int history_column_find(const struct history_series *series, const char *name, size_t n)
{
	for (unsigned i = 0; i < series->columns; i++)
		if (strlen(series->column[i].name) == n && memcmp(series->column[i].name, name, n) == 0)
			return (int)i;
	return -1;
}

/* Nothing to take the difference from: 0. */
static int64_t origin(const struct history_row *row, const struct history_series *series, unsigned column)
{
	unsigned from = series->column[column].from;
	return from != column && row->has >> from & 1 ? row->value[from] : 0;
}

int64_t history_stored(const struct history_row *row, const struct history_series *series, unsigned column)
{
	return row->value[column] - origin(row, series, column);
}

/* A column that others refer to stands before them and refers to none. */
void history_unstore(struct history_row *row, const struct history_series *series)
{
	for (unsigned i = 0; i < series->columns; i++)
		if (row->has >> i & 1)
			row->value[i] += origin(row, series, i);
}

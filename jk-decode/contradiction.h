/* SPDX-License-Identifier: MIT */
#ifndef CONTRADICTION_H
#define CONTRADICTION_H

#include <stddef.h>
#include <stdint.h>

#include "live.h"

/*
 * What a live frame says twice.  The sum-8 lets one in 256 damaged frames through; most of those contradict themselves.  The
 * tolerances are wider than what 53 real frames of firmware 11, 14, 15 and 19 showed (spread and indexes: 525 frames):
 *
 *   sum of the cells - total_voltage                   -9 .. 5 mV       50 mV + 0.2 %
 *   total_voltage / 10 - total_voltage_coarse           0 .. 1          -1 .. 2        (coarse is truncated)
 *   power_magnitude - total_voltage * |current|         up to 8 mW      1 W + 1 %
 *   average_cell_voltage_bms - mean of the cells       -1 .. 1 mV       5 mV
 *   delta_cell_voltage_bms - (highest - lowest)        -4 .. 4 mV       8 mV
 *   cell named highest, lowest, from the true one       up to 4 mV      8 mV
 *   slots outside cells_enabled_bitmask                 0 mV            0
 *
 * An empty mask, of a BMS without cells, skips what concerns cells.
 *
 * NULL if the frame agrees with itself; else the key of the field that contradicts the rest.
 */
const char *contradiction_of(const struct live *live);

#endif

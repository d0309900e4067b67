/* SPDX-License-Identifier: MIT */
#ifndef PLAUSIBILITY_H
#define PLAUSIBILITY_H

#include <stddef.h>
#include <stdint.h>

#include "live_values.h"

/*
 * Checks the values that a live frame has twice.  The sum-8 lets one in 256 damaged frames pass; most of
 * those are inconsistent.  But the parts of a frame are sampled at different moments, and between two of them
 * the load may step by some 100 A.  So a frame is rejected only if no working battery can send it.  Measured
 * differences in 1,615 public frames of firmware 10 to 19, 861 of them with current, and tolerances:
 *
 *   sum of the cells - total_voltage                   -25 .. 16 mV     cells * a + 0.2 %
 *   total_voltage / 10 - total_voltage_coarse           0 .. 1          -1 .. 2; under load as the row above
 *   power_magnitude / total_voltage - |current|         up to 1.48 A    600 A: sampled at another moment
 *   |current|                                           69 A            1,000 A
 *   average_cell_voltage_bms - mean of the cells       -1.1 .. 2.1 mV   a
 *   delta_cell_voltage_bms - (highest - lowest)        -4 .. 4 mV       a
 *   highest, lowest cell by index, from the true one    up to 10 mV     a
 *   slots outside cells_enabled_bitmask                 0 mV            0
 *
 * Under load, a is 8 mV plus the voltage drop of the load at 2 mOhm; the load is the larger one of |current|
 * and power_magnitude / total_voltage.  If both are below 1 A, the pack is at rest, and the tolerances are 50
 * mV + 0.2 % for the total, 5 mV for the mean and 8 mV for the others.
 *
 * If the mask is empty, as for a BMS without cells, the checks of cells are skipped.  But if there is a load
 * all the same, or a total that 32 cells cannot have, the frame has another layout, and its fields are
 * elsewhere.  So has an inconsistent frame that is consistent as a frame for 24 cells.
 *
 * Returns NULL if the frame is consistent; else the key of the first field that does not fit, or
 * plausibility_layout.
 */
const char *plausibility_fault(const struct live *live);

extern const char plausibility_layout[];

#endif

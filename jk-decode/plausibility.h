/* SPDX-License-Identifier: MIT */
#ifndef PLAUSIBILITY_H
#define PLAUSIBILITY_H

#include <stddef.h>
#include <stdint.h>

#include "live_values.h"

/*
 * What a live frame says twice.  The sum-8 lets one in 256 damaged frames through; most of those contradict themselves.  But
 * the parts of a frame are samples of different moments, and between two of them a load may step by some 100 A.  So what is
 * rejected is what no working battery can send.  Seen in 1,615 public frames of firmware 10 to 19, 861 of them with current:
 *
 *   sum of the cells - total_voltage                   -25 .. 16 mV     cells * a + 0.2 %
 *   total_voltage / 10 - total_voltage_coarse           0 .. 1          -1 .. 2, and under load as the row above
 *   power_magnitude / total_voltage - |current|         up to 1.48 A    600 A: the power is of another moment
 *   |current|                                           69 A            1,000 A
 *   average_cell_voltage_bms - mean of the cells       -1.1 .. 2.1 mV   a
 *   delta_cell_voltage_bms - (highest - lowest)        -4 .. 4 mV       a
 *   cell named highest, lowest, from the true one       up to 10 mV     a
 *   slots outside cells_enabled_bitmask                 0 mV            0
 *
 * Under load, a is 8 mV and the drop of the larger one of |current| and power_magnitude / total_voltage at 2 mOhm.  Where both
 * are below 1 A the pack is at rest: then the total may differ by 50 mV + 0.2 %, the mean by 5 mV, the others by 8 mV.
 *
 * An empty mask, of a BMS without cells, skips what concerns cells.  But if there is a load nevertheless, or a total that 32
 * cells cannot have, the frame is of another layout, and none of its fields is where it seems.  So is one that contradicts itself
 * but agrees with itself as a frame for 24 cells.
 *
 * NULL if the frame agrees with itself; else the key of the field that contradicts the rest, or contradiction_layout.
 */
const char *plausibility_fault(const struct live *live);

extern const char contradiction_layout[];

#endif

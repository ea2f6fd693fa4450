/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The parts of a verdict in words; each appends to the verdict's text. */
#ifndef SPOTI_JUDGE_WORDS_H
#define SPOTI_JUDGE_WORDS_H

#include "lab/judge/setting.h"

#define SAY(s, ...) spoti_say((s)->out->verdict.text, SPOT_ANALYZE_TEXT_SIZE, __VA_ARGS__)

/* p-values as people print them; `<=` where more seeds or draws might have given less. */
const char *spoti_p_text(double p, bool is_floor, char text[32]);

/* Whether the p of "i is faster than j" is a floor. */
bool spoti_is_floored(const spoti_setting *s, int i, int j);

/* words_sweep.c: where on its sweep the best lies; the paradox; inflation against its break-even; whether
 * the times follow the timing law. */
void spoti_say_kind(spoti_setting *s);
void spoti_say_paradox(spoti_setting *s);
void spoti_say_break_even(spoti_setting *s);
void spoti_say_law(spoti_setting *s);
/* ... which columns of the table put another point first. */
void spoti_say_columns(spoti_setting *s);

#endif

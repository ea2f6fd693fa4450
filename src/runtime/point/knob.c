/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The table of knobs. What follows from a descriptor alone stands here too: reading, writing, comparing. */
#include "runtime/point/knob.h"

#include <stdio.h>
#include <string.h>

#include "core/base/show.h"
#include "core/base/text.h"
#include "runtime/point/numeric.h"

/* The largest overlap that any policy can have: all actions of the longest chunk. */
enum { OVERLAP_MAX = 4096, WORD_SHOWN = 40 };

/* Names of spot_align, by value. */
static const char *const ALIGN_WORDS[] = {"none", "skip", NULL};

/* Whole hidden units make smaller layers; single weights are still multiplied by these dense kernels. */
static bool prunes_units(const char *value)
{
    static const char UNITS[] = "mlp:";
    return strncmp(value, UNITS, sizeof(UNITS) - 1) == 0;
}

/* Numeric bits compute in fp32. */
static bool computes_in_less(const char *value)
{
    return !spoti_numeric_is(value);
}

static const spoti_knob KNOBS[] = {
    {.shown = {.name = "steps",
               .baseline = "all",
               .placeholder = "N",
               .help = "refinement steps of an inference; all (baseline) = the policy's own",
               .list_help = "refinement steps",
               .is_number = true,
               .in_inference = true},
     .kind = SPOTI_KNOB_COUNT,
     .offset = offsetof(spot_point, steps),
     .min = 1,
     .max = SPOT_POINT_STEPS_MAX,
     .always_written = true},
    {.shown = {.name = "overlap",
               .baseline = "0",
               .placeholder = "N",
               .help = "actions executed while the next chunk is computed (0)",
               .list_help = "actions executed while the next chunk is computed",
               .is_number = true},
     .kind = SPOTI_KNOB_COUNT,
     .offset = offsetof(spot_point, overlap),
     .min = 0,
     .max = OVERLAP_MAX,
     .always_written = true},
    {.shown = {.name = "align",
               .baseline = "none",
               .placeholder = "WORD",
               .help = "how an overlapped chunk is joined on: none (baseline) runs it from its\n"
                       "first action, skip leaves out what was executed meanwhile",
               .list_help = "how overlapped chunks are joined: none,skip"},
     .kind = SPOTI_KNOB_CHOICE,
     .offset = offsetof(spot_point, align),
     .words = ALIGN_WORDS,
     .expected = "none or skip",
     .needs_overlap = true},
    {.shown = {.name = "execute",
               .baseline = "task",
               .placeholder = "N",
               .help = "actions of a chunk that are executed before the next; task (baseline) =\n"
                       "as many as the task says",
               .list_help = "actions of a chunk that are executed, e.g. 4,8,16",
               .is_number = true},
     .kind = SPOTI_KNOB_COUNT,
     .offset = offsetof(spot_point, execute),
     .min = 1,
     .max = OVERLAP_MAX},
    {.shown = {.name = "quant",
               .baseline = "fp32",
               .placeholder = "WORD",
               .help = "precision of the linear layers of a transformer: fp32 (baseline), bf16,\n"
                       "w8a8, w4a4, a tier w4-t1 .. w4-t10, or FILE.yaml of your own; of any\n"
                       "policy num:B[:lloyd|uniform|pow2], weights of B bits in fp32 (numeric)",
               .list_help = "precisions, e.g. fp32,w8a8,w4-t3,num:3",
               .in_inference = true},
     .kind = SPOTI_KNOB_NAME,
     .offset = offsetof(spot_point, quant),
     .size = SPOT_POINT_QUANT_SIZE,
     .expected = "fp32, bf16, w8a8, w4a4, w4-t1 .. w4-t10, num:B or a file NAME.yaml",
     .changes_time = computes_in_less,
     .variant_key = ""},
    {.shown = {.name = "prune",
               .baseline = "none",
               .placeholder = "WORD",
               .help = "weights left out: none (baseline); 0.1, the smallest tenth of each layer;\n"
                       "2:4, two of four; mlp:0.25, a quarter of the hidden units. Only mlp:F is\n"
                       "faster here",
               .list_help = "weights left out, e.g. none,0.1,2:4,mlp:0.25",
               .in_inference = true},
     .kind = SPOTI_KNOB_NAME,
     .offset = offsetof(spot_point, prune),
     .size = SPOT_POINT_PRUNE_SIZE,
     .expected =
         "none, a fraction of the weights such as 0.1, 2:4, or mlp:0.25 for whole hidden units",
     .changes_time = prunes_units,
     .variant_key = "prune="},
    {.shown = {.name = "kv",
               .baseline = "base",
               .placeholder = "WORD",
               .help = "how much of its past a policy with history reads: base (baseline, all),\n"
                       "p1 .. p4, or FRAMES:COMMANDS such as 8:14",
               .list_help = "past that a policy with history reads, e.g. base,p1,8:14",
               .in_inference = true},
     .kind = SPOTI_KNOB_NAME,
     .offset = offsetof(spot_point, kv),
     .size = SPOT_POINT_KV_SIZE,
     .expected = "base, p1 .. p4 or FRAMES:COMMANDS",
     .variant_key = "kv="},
};
enum { N_KNOB = sizeof(KNOBS) / sizeof(KNOBS[0]) };
_Static_assert((int)N_KNOB <= (int)SPOT_KNOBS_MAX, "arrays by knob are too short");
_Static_assert((int)SPOT_POINT_QUANT_SIZE <= (int)SPOT_KNOB_VALUE_SIZE,
               "texts of values are too short");
_Static_assert(sizeof(spot_align) == sizeof(int), "choices are read and written as int");

const spoti_knob *spoti_knob_at(int i)
{
    return i >= 0 && i < N_KNOB ? &KNOBS[i] : NULL;
}

int spot_knob_count(void)
{
    return N_KNOB;
}

const spot_knob *spot_knob_at(int i)
{
    const spoti_knob *knob = spoti_knob_at(i);
    return knob != NULL ? &knob->shown : NULL;
}

/* Fields ---------------------------------------------------------------------------------------- */

static int get_int(const spoti_knob *k, const spot_point *point)
{
    int value = 0;
    memcpy(&value, (const char *)point + k->offset, sizeof(value));
    return value;
}

static void set_int(const spoti_knob *k, spot_point *point, int value)
{
    memcpy((char *)point + k->offset, &value, sizeof(value));
}

static const char *get_name(const spoti_knob *k, const spot_point *point)
{
    return (const char *)point + k->offset;
}

bool spot_knob_is_baseline(int i, const spot_point *point)
{
    const spoti_knob *k = spoti_knob_at(i);
    if (k == NULL || point == NULL) {
        return true;
    }
    return k->kind == SPOTI_KNOB_NAME ? get_name(k, point)[0] == '\0' : get_int(k, point) == 0;
}

int spot_knob_compare(int i, const spot_point *p, const spot_point *q)
{
    const spoti_knob *k = spoti_knob_at(i);
    if (k == NULL || p == NULL || q == NULL) {
        return 0;
    }
    if (k->kind == SPOTI_KNOB_NAME) {
        return strcmp(get_name(k, p), get_name(k, q)) == 0 ? 0 : 1;
    }
    return (get_int(k, p) > get_int(k, q)) - (get_int(k, p) < get_int(k, q));
}

/* Writing --------------------------------------------------------------------------------------- */

void spot_knob_value(int i, const spot_point *point, char text[SPOT_KNOB_VALUE_SIZE])
{
    const spoti_knob *k = spoti_knob_at(i);
    text[0] = '\0';
    if (k == NULL || point == NULL) {
        return;
    }
    if (spot_knob_is_baseline(i, point)) {
        (void)snprintf(text, SPOT_KNOB_VALUE_SIZE, "%s", k->shown.baseline);
        return;
    }
    const int value = k->kind == SPOTI_KNOB_NAME ? 0 : get_int(k, point);
    if (k->kind == SPOTI_KNOB_NAME) {
        (void)snprintf(text, SPOT_KNOB_VALUE_SIZE, "%s", get_name(k, point));
    } else if (k->kind == SPOTI_KNOB_COUNT) {
        (void)snprintf(text, SPOT_KNOB_VALUE_SIZE, "%d", value);
    } else {
        int n = 0;
        while (k->words[n] != NULL) {
            n++;
        }
        (void)snprintf(text, SPOT_KNOB_VALUE_SIZE, "%s",
                       value >= 0 && value < n ? k->words[value] : "?");
    }
}

/* Reading --------------------------------------------------------------------------------------- */

static bool word_is(spoti_word w, const char *name)
{
    return strlen(name) == w.length && memcmp(w.start, name, w.length) == 0;
}

/* Length of a word as far as a message shows it. */
static int shown(spoti_word w)
{
    return w.length < WORD_SHOWN ? (int)w.length : WORD_SHOWN;
}

int spoti_knob_find(spoti_word name)
{
    for (int i = 0; i < N_KNOB; i++) {
        if (word_is(name, KNOBS[i].shown.name)) {
            return i;
        }
    }
    return -1;
}

int spot_knob_find(const char *name)
{
    return name != NULL ? spoti_knob_find((spoti_word){name, strlen(name)}) : -1;
}

/* `2,overlap=4`: pairs that are separated by commas. */
static const char *hint_blanks(spoti_word value)
{
    const char *comma = memchr(value.start, ',', value.length);
    const char *rest = comma != NULL ? comma + 1 : "";
    const size_t left = comma != NULL ? value.length - (size_t)(rest - value.start) : 0;
    const char *equals = memchr(rest, '=', left);

    return equals != NULL && spoti_knob_find((spoti_word){rest, (size_t)(equals - rest)}) >= 0
               ? "; keys are separated by blanks"
               : "";
}

/* Reads decimal digits only: no sign, no blanks, no other base. */
static spot_status read_count(const spoti_knob *k, spoti_word value, int *out, spot_diag *diag)
{
    const char *name = k->shown.name;
    int n = 0;

    if (value.length == 0) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: value missing, expected a whole number %d..%d", name, k->min,
                             k->max);
    }
    for (size_t i = 0; i < value.length; i++) {
        const char c = value.start[i];

        if (c < '0' || c > '9') {
            return spot_diag_set(diag, SPOT_E_FORMAT,
                                 "%s: '%.*s', expected a whole number %d..%d%s", name, shown(value),
                                 value.start, k->min, k->max, hint_blanks(value));
        }
        n = n * 10 + (c - '0');
        if (n > k->max) {
            return spot_diag_set(diag, SPOT_E_RANGE, "%s: '%.*s' is too large, expected %d..%d",
                                 name, shown(value), value.start, k->min, k->max);
        }
    }
    if (n < k->min) {
        return spot_diag_set(diag, SPOT_E_RANGE, "%s: %d is too small, expected %d..%d", name, n,
                             k->min, k->max);
    }
    *out = n;
    return SPOT_OK;
}

static spot_status read_choice(const spoti_knob *k, spoti_word value, int *out, spot_diag *diag)
{
    for (int i = 0; k->words[i] != NULL; i++) {
        if (word_is(value, k->words[i])) {
            *out = i;
            return SPOT_OK;
        }
    }
    char hint[SPOTI_HINT_SIZE];
    char word[WORD_SHOWN + 1];
    size_t n = 0;

    while (k->words[n] != NULL) {
        n++;
    }
    (void)spoti_copy_n(word, sizeof(word), value.start, value.length);
    spoti_hint(hint, word, k->words, n);
    return spot_diag_set(diag, SPOT_E_FORMAT, "%s: '%.*s', expected %s%s%s", k->shown.name,
                         shown(value), value.start, k->expected, hint, hint_blanks(value));
}

static spot_status read_name(const spoti_knob *k, spoti_word value, spot_point *point,
                             spot_diag *diag)
{
    char *text = (char *)point + k->offset;

    if (value.length == 0 || value.length >= k->size) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s: '%.*s', expected %s of at most %zu characters", k->shown.name,
                             shown(value), value.start, k->expected, k->size - 1);
    }
    const size_t length = word_is(value, k->shown.baseline) ? 0 : value.length;
    memcpy(text, value.start, length);
    text[length] = '\0';
    return SPOT_OK;
}

spot_status spoti_knob_read(int i, spoti_word value, spot_point *point, spot_diag *diag)
{
    const spoti_knob *k = &KNOBS[i];
    int number = 0;

    if (k->kind == SPOTI_KNOB_NAME) {
        return read_name(k, value, point, diag);
    }
    /* a baseline that is a word is 0 in the field, whatever the least number is */
    if (!word_is(value, k->shown.baseline)) {
        const spot_status st = k->kind == SPOTI_KNOB_COUNT ? read_count(k, value, &number, diag)
                                                           : read_choice(k, value, &number, diag);
        if (st != SPOT_OK) {
            return st;
        }
    }
    set_int(k, point, number);
    return SPOT_OK;
}

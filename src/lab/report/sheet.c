/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/report/sheet.h"

#include <string.h>

#include "core/base/alloc.h"
#include "core/base/show.h"
#include "core/base/text.h"

enum { GAP = 2, NAME_ROOM = 40, LINE_SIZE = 1024, WORD_SIZE = 64 };

spot_status spoti_sheet_create(spoti_sheet *sheet, int n_row)
{
    const size_t n = (size_t)n_row;
    *sheet = (spoti_sheet){.n_row = n_row};
    sheet->cells = spoti_calloc(NULL, SPOTI_SHEET_FIELDS_MAX * n, sizeof(spoti_cell));
    sheet->marks = spoti_calloc(NULL, n, sizeof(spoti_cell));
    return sheet->cells != NULL && sheet->marks != NULL ? SPOT_OK : SPOT_E_NOMEM;
}

void spoti_sheet_free(spoti_sheet *sheet)
{
    const size_t n = (size_t)sheet->n_row;
    spoti_free(NULL, sheet->cells, SPOTI_SHEET_FIELDS_MAX * n * sizeof(spoti_cell));
    spoti_free(NULL, sheet->marks, n * sizeof(spoti_cell));
}

static spoti_cell *column_of(const spoti_sheet *t, int field)
{
    return t->cells + (size_t)field * (size_t)t->n_row;
}

spoti_cell *spoti_sheet_column(spoti_sheet *sheet, const char *name, const char *unit, int rank)
{
    spoti_cell *column = column_of(sheet, sheet->n_field);
    sheet->fields[sheet->n_field++] = (spoti_sheet_field){.name = name, .unit = unit, .rank = rank};
    for (int i = 0; i < sheet->n_row; i++) {
        (void)spoti_copy(column[i], SPOTI_CELL_SIZE, "-");
    }
    return column;
}

void spoti_sheet_say(spoti_sheet *sheet, const char *words)
{
    const size_t used = strlen(sheet->same);
    (void)spoti_format(sheet->same + used, sizeof(sheet->same) - used, "%s%s", used > 0 ? ", " : "",
                       words);
}

/* ---- what goes ---- */

static void remove_field(spoti_sheet *t, int field)
{
    const size_t behind = (size_t)(t->n_field - field - 1);
    memmove(&t->fields[field], &t->fields[field + 1], behind * sizeof(t->fields[0]));
    memmove(column_of(t, field), column_of(t, field + 1),
            behind * (size_t)t->n_row * sizeof(spoti_cell));
    t->n_field--;
}

/* Whether all cells are as the first. */
static bool is_constant(const spoti_sheet *t, int field)
{
    spoti_cell *column = column_of(t, field);
    for (int i = 1; i < t->n_row; i++) {
        if (strcmp(column[i], column[0]) != 0) {
            return false;
        }
    }
    return true;
}

static void remove_empty(spoti_sheet *t)
{
    for (int f = t->n_field - 1; f > 0; f--) {
        if (is_constant(t, f) && strcmp(column_of(t, f)[0], "-") == 0) {
            remove_field(t, f);
        }
    }
}

/* Says constant columns above the table instead. */
static void fold_columns(spoti_sheet *t)
{
    for (int f = 1; f < t->n_field;) {
        const spoti_sheet_field *field = &t->fields[f];
        if (field->rank == SPOTI_SHEET_NEEDED || !is_constant(t, f)) {
            f++;
            continue;
        }
        char words[WORD_SIZE];
        (void)spoti_format(words, sizeof(words), "%s = %s%s%s", field->name, column_of(t, f)[0],
                           field->unit[0] != '\0' ? " " : "", field->unit);
        spoti_sheet_say(t, words);
        remove_field(t, f);
    }
}

/* The place of `word` among the blank-separated words of `text`, or NULL. */
static char *find_word(char *text, const char *word, size_t length)
{
    for (char *at = text; *at != '\0';) {
        const size_t here = strcspn(at, " ");
        if (here == length && memcmp(at, word, length) == 0) {
            return at;
        }
        at += here;
        at += strspn(at, " ");
    }
    return NULL;
}

static void remove_word(char *at, size_t length, char *text)
{
    char *end = at + length;
    end += strspn(end, " ");
    if (*end == '\0' && at > text) {
        at--; /* the blank before the last word */
    }
    memmove(at, end, strlen(end) + 1);
}

/* Whether every row's name has the word beside others. */
static bool is_shared(const spoti_sheet *t, const char *word, size_t length)
{
    spoti_cell *names = column_of(t, 0);
    for (int i = 0; i < t->n_row; i++) {
        if (find_word(names[i], word, length) == NULL || strlen(names[i]) == length) {
            return false;
        }
    }
    return true;
}

/* Says every `key=value` that all names share above the table instead. */
static void fold_names(spoti_sheet *t)
{
    spoti_cell *names = column_of(t, 0);
    for (size_t at = 0; names[0][at] != '\0';) {
        char word[WORD_SIZE];
        const size_t length = strcspn(names[0] + at, " ");
        if (length >= sizeof(word) || memchr(names[0] + at, '=', length) == NULL ||
            !is_shared(t, names[0] + at, length)) {
            at += length;
            at += strspn(names[0] + at, " ");
            continue;
        }
        (void)spoti_copy_n(word, sizeof(word), names[0] + at, length);
        spoti_sheet_say(t, word);
        for (int i = 0; i < t->n_row; i++) {
            remove_word(find_word(names[i], word, length), length, names[i]);
        }
        at = 0;
    }
}

/* ---- widths ---- */

static void head_of(const spoti_sheet_field *field, char head[WORD_SIZE])
{
    (void)spoti_format(head, WORD_SIZE, "%s%s%s", field->name, field->unit[0] != '\0' ? " " : "",
                       field->unit);
}

/* Of a column's cells of at most `room` characters and its head. */
static int width_of(const spoti_sheet *t, int field, int room)
{
    char head[WORD_SIZE];
    head_of(&t->fields[field], head);
    int width = spoti_shown_width(head, strlen(head));
    for (int i = 0; i < t->n_row; i++) {
        const char *text = column_of(t, field)[i];
        const int here = spoti_shown_width(text, strlen(text));
        width = here > width && here <= room ? here : width;
    }
    return width;
}

static int mark_width(const spoti_sheet *t)
{
    size_t width = 0;
    for (int i = 0; i < t->n_row; i++) {
        const size_t here = strlen(t->marks[i]);
        width = here > width ? here : width;
    }
    return width > 0 ? (int)width + 1 : 0;
}

/* What the columns behind the names take. */
static int width_behind(const spoti_sheet *t)
{
    int width = 0;
    for (int f = 1; f < t->n_field; f++) {
        width += GAP + width_of(t, f, SPOTI_CELL_SIZE);
    }
    return width;
}

/* The column that is needed most after `field`, which is the first at 0; 0 = none is left. */
static int next_by_rank(const spoti_sheet *t, int field)
{
    int next = 0;
    for (int f = 1; f < t->n_field; f++) {
        const int rank = t->fields[f].rank;
        const bool behind =
            rank > t->fields[field].rank || (rank == t->fields[field].rank && f > field);
        if (behind && (next == 0 || rank < t->fields[next].rank)) {
            next = f;
        }
    }
    return next;
}

/* Keeps columns in the order of their need as long as they fit beside names of up to NAME_ROOM characters; the names of
 * the others go to `gone`. */
static void fit(spoti_sheet *t, char gone[LINE_SIZE])
{
    const int longest = width_of(t, 0, SPOTI_CELL_SIZE);
    int width = mark_width(t) + (longest < NAME_ROOM ? longest : NAME_ROOM);
    bool kept[SPOTI_SHEET_FIELDS_MAX] = {true};
    for (int f = next_by_rank(t, 0); f > 0; f = next_by_rank(t, f)) {
        const int more = GAP + width_of(t, f, SPOTI_CELL_SIZE);
        kept[f] = t->fields[f].rank == SPOTI_SHEET_NEEDED || width + more <= SPOTI_SHEET_COLUMNS;
        width += kept[f] ? more : 0;
    }
    for (int f = 1; f < t->n_field; f++) {
        const size_t used = strlen(gone);
        if (!kept[f]) {
            (void)spoti_format(gone + used, LINE_SIZE - used, "%s%s", used > 0 ? ", " : "",
                               t->fields[f].name);
        }
    }
    for (int f = t->n_field - 1; f > 0; f--) {
        if (!kept[f]) {
            remove_field(t, f);
        }
    }
}

/* Figures stand at the right, cells of several words at the left. */
static bool is_right(const spoti_sheet *t, int field)
{
    for (int i = 0; i < t->n_row; i++) {
        const char *text = column_of(t, field)[i];
        if (strspn(text, "-+.0123456789e") != strlen(text)) {
            return false;
        }
    }
    return field > 0;
}

/* ---- lines ---- */

static void print_cell(const char *text, int width, bool right, bool last, FILE *out)
{
    if (right) {
        spot_print(out, "%*s", width, text);
    } else {
        spot_print(out, "%-*s", last ? 0 : width, text);
    }
}

/* Row i, -1 = the heads. */
static void print_line(const spoti_sheet *t, int i, int name_width, FILE *out)
{
    for (int f = 0; f < t->n_field; f++) {
        char head[WORD_SIZE];
        head_of(&t->fields[f], head);
        const char *text = i < 0 ? head : column_of(t, f)[i];
        const int width = f == 0 ? name_width : width_of(t, f, SPOTI_CELL_SIZE);
        if (f > 0) {
            spot_print(out, "%*s", GAP, "");
        } else {
            spot_print(out, "%-*s", mark_width(t), i < 0 ? "" : t->marks[i]);
        }
        if (f == 0 && spoti_shown_width(text, strlen(text)) > width) {
            spot_print_wrapped(out, 0, text);
            spot_print(out, "%*s", mark_width(t) + width, "");
        } else {
            print_cell(text, width, is_right(t, f), f == t->n_field - 1, out);
        }
    }
    spot_print(out, "\n");
}

spot_status spoti_sheet_print(spoti_sheet *sheet, bool wide, FILE *out)
{
    char gone[LINE_SIZE] = "";
    int room = SPOTI_CELL_SIZE;
    remove_empty(sheet);
    if (!wide) {
        if (sheet->n_row > 1) {
            fold_names(sheet);
            fold_columns(sheet);
        }
        fit(sheet, gone);
        room = SPOTI_SHEET_COLUMNS - mark_width(sheet) - width_behind(sheet);
    }
    if (sheet->same[0] != '\0') {
        char line[LINE_SIZE];
        (void)spoti_format(line, sizeof(line), "all: %s", sheet->same);
        spot_print_wrapped(out, 0, line);
    }
    const int name_width = width_of(sheet, 0, room);
    for (int i = -1; i < sheet->n_row; i++) {
        print_line(sheet, i, name_width, out);
    }
    if (gone[0] != '\0') {
        char line[LINE_SIZE + WORD_SIZE];
        (void)spoti_format(line, sizeof(line), "(--wide also shows %s)", gone);
        spot_print_wrapped(out, 0, line);
    }
    return ferror(out) != 0 ? SPOT_E_IO : SPOT_OK;
}

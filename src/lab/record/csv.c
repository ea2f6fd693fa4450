/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/record/csv.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/alloc.h"
#include "core/base/text.h"

enum { BLOCK_SIZE = 1 << 16, END = -1 };

spot_status spoti_csv_open(spoti_csv *csv, const char *name, FILE *stream,
                           const spot_allocator *allocator)
{
    memset(csv, 0, sizeof(*csv));
    csv->name = name;
    csv->stream = stream;
    csv->allocator = allocator;
    csv->next_line = 1;
    csv->row = spoti_alloc(allocator, 1, SPOTI_CSV_ROW_SIZE);
    csv->block = spoti_alloc(allocator, 1, BLOCK_SIZE);
    return csv->row != NULL && csv->block != NULL ? SPOT_OK : SPOT_E_NOMEM;
}

void spoti_csv_close(spoti_csv *csv)
{
    spoti_free(csv->allocator, csv->row, SPOTI_CSV_ROW_SIZE);
    spoti_free(csv->allocator, csv->block, BLOCK_SIZE);
    csv->row = NULL;
    csv->block = NULL;
}

/* Moves what was not taken to the front of the block and fills up behind it; false if nothing came. */
static bool refill(spoti_csv *csv)
{
    const size_t left = csv->block_size - csv->block_at;
    memmove(csv->block, csv->block + csv->block_at, left);
    const size_t more = fread(csv->block + left, 1, BLOCK_SIZE - left, csv->stream);
    csv->block_size = left + more;
    csv->block_at = 0;
    return more > 0;
}

/* The next byte without taking it, or END. */
static int peek(spoti_csv *csv)
{
    if (csv->block_at == csv->block_size) {
        (void)refill(csv);
    }
    return csv->block_size == 0 ? END : csv->block[csv->block_at];
}

/* The next byte, any line end as '\n', or END. */
static int take(spoti_csv *csv)
{
    int c = peek(csv);
    if (c == END) {
        return END;
    }
    csv->block_at++;
    if (c == '\r') {
        if (peek(csv) == '\n') {
            csv->block_at++;
        }
        c = '\n';
    }
    csv->next_line += c == '\n';
    return c;
}

static void skip_mark(spoti_csv *csv)
{
    static const unsigned char MARK[] = {0xef, 0xbb, 0xbf};
    (void)peek(csv);
    if (csv->block_size >= sizeof(MARK) && memcmp(csv->block, MARK, sizeof(MARK)) == 0) {
        csv->block_at = sizeof(MARK);
    }
}

/* Passes over a comment line; the first one is kept. */
static void take_comment(spoti_csv *csv)
{
    size_t n = 0;
    bool keep = csv->comment[0] == '\0';
    for (int c = take(csv); c != END && c != '\n'; c = take(csv)) {
        if (keep && n + 1 < sizeof(csv->comment) && c >= ' ') {
            csv->comment[n++] = (char)c;
        }
    }
    if (keep) {
        csv->comment[n] = '\0';
    }
}

static spot_status refuse(const spoti_csv *csv, const char *what, spot_diag *diag)
{
    return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%" PRId64 ": %s", csv->name, csv->line, what);
}

/* A row's raw text while it is read: quotes are taken off, a separator outside them becomes 0. */
typedef struct row_text {
    size_t size;
    size_t begin; /* of the current cell */
    bool quoted;  /* the current cell was in quotes */
} row_text;

static bool is_blank(int c)
{
    return c == ' ' || c == '\t';
}

/* Ends the current cell: cuts blanks off, unless they stood in quotes. */
static bool end_cell(spoti_csv *csv, row_text *text)
{
    if (csv->n_field == SPOTI_CSV_FIELDS_MAX || text->size + 1 >= SPOTI_CSV_ROW_SIZE) {
        return false;
    }
    size_t begin = text->begin;
    size_t end = text->size;
    while (!text->quoted && end > begin && is_blank(csv->row[end - 1])) {
        end--;
    }
    csv->row[end] = '\0';
    csv->field[csv->n_field++] = csv->row + begin;
    text->size = end + 1;
    text->begin = text->size;
    text->quoted = false;
    return true;
}

/* The separator of the file, from its first row: what stands there most simply. */
static char guess_separator(const spoti_csv *csv)
{
    size_t n = csv->block_size - csv->block_at;
    const unsigned char *at = csv->block + csv->block_at;
    bool semicolon = false;
    bool tab = false;
    for (size_t i = 0; i < n && at[i] != '\n' && at[i] != '\r'; i++) {
        if (at[i] == ',') {
            return ',';
        }
        semicolon = semicolon || at[i] == ';';
        tab = tab || at[i] == '\t';
    }
    if (semicolon) {
        return ';';
    }
    return tab ? '\t' : ',';
}

/* The text in quotes, behind the opening one. */
static spot_status take_quoted(spoti_csv *csv, row_text *text, spot_diag *diag)
{
    text->quoted = true;
    for (;;) {
        int c = take(csv);
        if (c == END) {
            return refuse(csv, "a quote is not closed, expected another \" behind the text", diag);
        }
        if (c == '"') {
            if (peek(csv) != '"') {
                break;
            }
            (void)take(csv);
        }
        if (c == '\0' || text->size + 2 >= SPOTI_CSV_ROW_SIZE) {
            return refuse(csv, c == '\0' ? "a byte 0, expected text" : "row too long", diag);
        }
        csv->row[text->size++] = (char)c;
    }
    while (is_blank(peek(csv)) && peek(csv) != csv->separator) {
        (void)take(csv);
    }
    int c = peek(csv);
    if (c != END && c != '\n' && c != '\r' && c != csv->separator) {
        return refuse(csv, "text behind a closing quote, expected a separator", diag);
    }
    return SPOT_OK;
}

static spot_status take_row(spoti_csv *csv, spot_diag *diag)
{
    row_text text = {0};
    csv->n_field = 0;
    for (;;) {
        int c = take(csv);
        if (c == END || c == '\n' || c == csv->separator) {
            if (!end_cell(csv, &text)) {
                return refuse(csv, "too many columns, expected at most 256 in 65536 bytes", diag);
            }
            if (c != csv->separator) {
                return SPOT_OK;
            }
        } else if (c == '"' && text.size == text.begin && !text.quoted) {
            spot_status st = take_quoted(csv, &text, diag);
            if (st != SPOT_OK) {
                return st;
            }
        } else if (c == '\0') {
            return refuse(csv, "a byte 0, expected text", diag);
        } else if (text.size + 2 >= SPOTI_CSV_ROW_SIZE) {
            return refuse(csv, "row too long, expected at most 65536 bytes", diag);
        } else if (!is_blank(c) || text.size > text.begin) {
            csv->row[text.size++] = (char)c;
        }
    }
}

/* Rows without quotes ---------------------------------------------------------------------------- */

/* What ends a cell or a row, or asks for the reader that goes byte by byte. */
enum { PLAIN, SEPARATOR, LINE_END, RETURN, ODD };

static void learn_kinds(spoti_csv *csv)
{
    memset(csv->kind, PLAIN, sizeof(csv->kind));
    csv->kind['\n'] = LINE_END;
    csv->kind['\r'] = RETURN;
    csv->kind['"'] = ODD;
    csv->kind['\0'] = ODD;
    csv->kind[(unsigned char)csv->separator] = SEPARATOR;
}

/* Where each cell of the row at hand ends. */
typedef struct cells {
    int n;
    unsigned char *end[SPOTI_CSV_FIELDS_MAX];
    unsigned char *next; /* row */
} cells;

typedef enum found { FOUND, FOUND_ODD, FOUND_CUT_OFF } found;

/* Finds the cells of a row that lies in the block and has no quote. */
static found find_cells(const spoti_csv *csv, cells *c)
{
    unsigned char *at = csv->block + csv->block_at;
    unsigned char *const end = csv->block + csv->block_size;
    c->n = 0;
    for (; at < end; at++) {
        const unsigned char kind = csv->kind[*at];
        if (kind == PLAIN) {
            continue;
        }
        const bool ends_row = kind == LINE_END || (kind == RETURN && at + 1 < end && at[1] == '\n');
        if ((kind != SEPARATOR && !ends_row) || c->n == SPOTI_CSV_FIELDS_MAX) {
            return FOUND_ODD;
        }
        c->end[c->n++] = at;
        if (ends_row) {
            c->next = at + (kind == RETURN ? 2 : 1);
            return FOUND;
        }
    }
    return FOUND_CUT_OFF;
}

/* Takes such a row where it lies: cells end with 0 in the block itself. */
static bool take_plain_row(spoti_csv *csv)
{
    cells c;
    found f = csv->separator != '\0' ? find_cells(csv, &c) : FOUND_ODD;
    if (f == FOUND_CUT_OFF && csv->block_at > 0 && refill(csv)) {
        f = find_cells(csv, &c);
    }
    if (f != FOUND) {
        return false;
    }
    unsigned char *begin = csv->block + csv->block_at;
    for (int i = 0; i < c.n; i++) {
        unsigned char *end = c.end[i];
        unsigned char *const next = end + 1;
        while (begin < end && is_blank(*begin)) {
            begin++;
        }
        while (end > begin && is_blank(end[-1])) {
            end--;
        }
        *end = '\0';
        csv->field[i] = (const char *)begin;
        begin = next;
    }
    csv->n_field = c.n;
    csv->block_at = (size_t)(c.next - csv->block);
    csv->next_line++;
    return true;
}

static bool is_empty_row(const spoti_csv *csv)
{
    for (int i = 0; i < csv->n_field; i++) {
        if (csv->field[i][0] != '\0') {
            return false;
        }
    }
    return true;
}

spot_status spoti_csv_next(spoti_csv *csv, bool *more, spot_diag *diag)
{
    *more = false;
    if (csv->next_line == 1 && csv->block_size == 0) {
        skip_mark(csv);
    }
    for (int c = peek(csv); c != END; c = peek(csv)) {
        csv->line = csv->next_line;
        if (c == '#') {
            take_comment(csv);
            continue;
        }
        if (csv->separator == '\0' && c != '\n' && c != '\r') {
            csv->separator = guess_separator(csv);
            learn_kinds(csv);
        }
        spot_status st = take_plain_row(csv) ? SPOT_OK : take_row(csv, diag);
        if (st != SPOT_OK) {
            return st;
        }
        if (!is_empty_row(csv)) {
            *more = true;
            return SPOT_OK;
        }
    }
    if (ferror(csv->stream) != 0) {
        return spot_diag_set(diag, SPOT_E_IO, "%s: cannot be read", csv->name);
    }
    return SPOT_OK;
}

/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/record/columns.h"

#include <string.h>

#include "core/base/text.h"
#include "lab/record/map.h"

/* Names ------------------------------------------------------------------------------------------ */

/* What --map makes of a column. */
typedef struct mapped {
    char name[SPOT_ANALYZE_NAME_SIZE];
    bool is_renamed;
} mapped;

/* The name that --map gives to a column, else its own. False if the map is not one. */
static bool apply_map(const char *map, const char *name, mapped *out)
{
    spoti_map_pair pair;

    out->is_renamed = false;
    for (const char *at = map; spoti_map_next(&at, &pair);) {
        if (pair.name == NULL) {
            return false;
        }
        if (spoti_map_is(&pair, name)) {
            out->is_renamed = true;
            return spoti_copy_n(out->name, sizeof(out->name), pair.name, pair.name_size);
        }
    }
    (void)spoti_copy(out->name, sizeof(out->name), name);
    return true;
}

/* Our own files have our own names, and two of older versions. */
static bool read_own_name(const char *name, spoti_reading *out)
{
    const bool old = strcmp(name, "n_chunks") == 0 || strcmp(name, "age_first_s") == 0;
    return spoti_name_read(name, out) && (old || strcmp(name, spoti_field_name(out->field)) == 0);
}

static void note_unused(const char *name, bool lacks_unit, char *unused, size_t size)
{
    const size_t used = strlen(unused);
    (void)spoti_format(unused + used, size - used, "%s%.60s%s", used > 0 ? ", " : "", name,
                       lacks_unit ? " (in which unit? NAME_ms or NAME_s)" : "");
}

/* A column of the name `old`, renamed. A name in the field's own unit names the field, and the column's own unit holds. */
static spot_status read_renamed(const char *old, const char *name, spoti_reading *out,
                                spot_diag *diag)
{
    double unit = 1.0;
    if (name[0] == '\0') {
        return SPOT_OK; /* left out */
    }
    if (!spoti_name_read(name, out)) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "map: '%.40s' is no column that is understood%s, expected one such as "
                             "point, success, time_s (sweetspot analyze --columns)",
                             name, out->lacks_unit ? " without a unit (_ms or _s)" : "");
    }
    if (!out->is_inverse && out->factor == 1.0 && spoti_name_unit(old, out->field, &unit)) {
        out->factor = unit;
    }
    return SPOT_OK;
}

static spot_status read_column(spoti_columns *c, int i, const spoti_csv *header,
                               const spot_analyze_config *config, bool ours, spot_diag *diag)
{
    const char *old = header->field[i];
    spoti_reading *r = &c->column[i];
    mapped m;
    *r = (spoti_reading){.field = SPOTI_N_FIELD, .factor = 1.0};
    if (ours) {
        spoti_reading own;
        *r = read_own_name(old, &own) ? own : *r;
        return SPOT_OK;
    }
    if (config->session != NULL && spoti_name_same(config->session, old)) {
        r->field = SPOTI_SESSION;
        return SPOT_OK;
    }
    if (!apply_map(config->map, old, &m)) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "map: '%.60s', expected old=new,old=new",
                             config->map);
    }
    if (m.is_renamed) {
        return read_renamed(old, m.name, r, diag);
    }
    (void)spoti_name_read(old, r);
    return SPOT_OK;
}

/* Weak names give way ------------------------------------------------------------------------------ */

static int count_columns(const spoti_columns *c, spoti_field field, bool weak)
{
    int n = 0;
    for (int i = 0; i < c->n; i++) {
        n += c->column[i].field == field && c->column[i].is_weak == weak;
    }
    return n;
}

/* Of several columns of a field the weak ones are not used, nor any but the first if all are. */
static void drop_weak(spoti_columns *c)
{
    for (int i = 0; i < c->n; i++) {
        spoti_reading *r = &c->column[i];
        if (r->field == SPOTI_N_FIELD || !r->is_weak) {
            continue;
        }
        bool first = count_columns(c, r->field, false) == 0;
        for (int k = 0; k < i; k++) {
            first = first && c->column[k].field != r->field;
        }
        r->field = first ? r->field : SPOTI_N_FIELD;
    }
}

static bool may_be_joined(spoti_field field)
{
    return field >= SPOTI_N_NUMBER && field != SPOTI_POINT && field != SPOTI_SCHEDULE;
}

static spot_status note_column(spoti_columns *c, int i, const spoti_csv *header, spot_diag *diag)
{
    const spoti_field field = c->column[i].field;
    if (c->seen[field] && !may_be_joined(field)) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: column '%.60s' is a second %s, expected one of each (--map "
                             "renames columns, --map %.60s= leaves it out)",
                             header->name, (int)header->line, header->field[i],
                             spoti_field_name(field), header->field[i]);
    }
    c->seen[field] = true;
    if (field >= SPOTI_N_NUMBER) {
        c->n_text[field - SPOTI_N_NUMBER]++;
    }
    return SPOT_OK;
}

spot_status spoti_columns_read(spoti_columns *c, const spoti_csv *header,
                               const spot_analyze_config *config, bool ours, char *unused,
                               size_t size, spot_diag *diag)
{
    spot_status st = SPOT_OK;
    memset(c, 0, sizeof(*c));
    c->n = header->n_field;
    for (int i = 0; st == SPOT_OK && i < c->n; i++) {
        st = read_column(c, i, header, config, ours, diag);
    }
    drop_weak(c);
    for (int i = 0; st == SPOT_OK && i < c->n; i++) {
        if (c->column[i].field != SPOTI_N_FIELD) {
            st = note_column(c, i, header, diag);
        } else if (!ours && header->field[i][0] != '\0') {
            note_unused(header->field[i], c->column[i].lacks_unit, unused, size);
        }
    }
    if (st == SPOT_OK && !ours && config->session != NULL && !c->seen[SPOTI_SESSION]) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: no column '%.60s' that --session names",
                             header->name, (int)header->line, config->session);
    }
    return st == SPOT_OK && !ours ? spoti_map_check(config->map, header, diag) : st;
}

spot_status spoti_columns_check(const spoti_columns *c, const spoti_row *preset,
                                const spoti_csv *header, spot_diag *diag)
{
    const bool *seen = c->seen;
    const bool named = seen[SPOTI_POINT] || seen[SPOTI_STEPS] || seen[SPOTI_ALPHA] ||
                       seen[SPOTI_OVERLAP] || seen[SPOTI_POLICY] || seen[SPOTI_CHUNK] ||
                       preset->has[SPOTI_POINT];
    if (!named) {
        return spot_diag_set(
            diag, SPOT_E_FORMAT,
            "%s:%d: no column names the operating point, expected point, policy, steps, "
            "alpha, overlap or n (--map old=new renames a column)",
            header->name, (int)header->line);
    }
    if (seen[SPOTI_SUCCESS] && (seen[SPOTI_SUCCESSES] || seen[SPOTI_RATE])) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: columns success and %s, expected one row an episode "
                             "(success) or one a point (successes, episodes)",
                             header->name, (int)header->line,
                             spoti_field_name(seen[SPOTI_RATE] ? SPOTI_RATE : SPOTI_SUCCESSES));
    }
    if (!seen[SPOTI_SUCCESS] && !seen[SPOTI_SUCCESSES] && !seen[SPOTI_SCORE] && !seen[SPOTI_RATE] &&
        !seen[SPOTI_TIME] && !seen[SPOTI_CHUNKS] && !seen[SPOTI_T_INF] && !seen[SPOTI_ALPHA]) {
        return spot_diag_set(diag, SPOT_E_FORMAT,
                             "%s:%d: nothing to analyse, expected columns such as success, "
                             "successes, time_s, chunks or t_inf_s",
                             header->name, (int)header->line);
    }
    return SPOT_OK;
}

/* Rows ----------------------------------------------------------------------------------------- */

/* Adds a cell to the text of its field; false if that becomes too long. */
static bool take_text(spoti_columns *c, spoti_field field, const char *cell, spoti_row *row)
{
    const int k = (int)field - (int)SPOTI_N_NUMBER;
    if (c->n_text[k] == 1) {
        row->has[field] = cell[0] != '\0';
        row->text[k] = cell;
        return true;
    }
    char *joined = c->joined[k];
    const size_t used = row->has[field] ? strlen(joined) : 0;
    if (cell[0] != '\0') {
        row->has[field] = true;
        row->text[k] = joined;
        return spoti_format(joined + used, SPOTI_JOINED_SIZE - used, "%s%s", used > 0 ? ", " : "",
                            cell);
    }
    return true;
}

static spot_status take_cell(spoti_columns *c, int i, const char *cell, spoti_row *row,
                             spot_diag *diag)
{
    const spoti_reading *r = &c->column[i];
    if (r->field < SPOTI_N_NUMBER) {
        return r->is_inverse ? spoti_field_read_inverse(row, r->field, cell, diag)
                             : spoti_field_read(row, r->field, r->factor, cell, diag);
    }
    return take_text(c, r->field, cell, row)
               ? SPOT_OK
               : spoti_row_refuse(row, r->field, SPOT_E_RANGE, diag,
                                  "the columns together are longer than %d bytes",
                                  SPOTI_JOINED_SIZE - 1);
}

spot_status spoti_columns_row(spoti_columns *c, const spoti_csv *file, spoti_row *row,
                              spot_diag *diag)
{
    spot_status st = SPOT_OK;
    row->line = file->line;
    if (file->n_field != c->n) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%lld: %d columns, expected %d", file->name,
                             (long long)file->line, file->n_field, c->n);
    }
    for (int k = 0; k < SPOTI_N_TEXT; k++) {
        if (c->n_text[k] > 1) {
            row->has[SPOTI_N_NUMBER + k] = false;
        }
    }
    for (int i = 0; st == SPOT_OK && i < c->n; i++) {
        if (c->column[i].field != SPOTI_N_FIELD) {
            st = take_cell(c, i, file->field[i], row, diag);
        }
    }
    if (st == SPOT_OK && c->seen[SPOTI_SUCCESS] && !row->has[SPOTI_SUCCESS]) {
        return spoti_row_refuse(row, SPOTI_SUCCESS, SPOT_E_FORMAT, diag, "empty, expected 0 or 1");
    }
    if (st == SPOT_OK && c->seen[SPOTI_POINT] && !row->has[SPOTI_POINT]) {
        return spoti_row_refuse(row, SPOTI_POINT, SPOT_E_FORMAT, diag, "empty, expected a name");
    }
    return st;
}

/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/record/sqlite_file.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"

/* How long another process may keep the file to itself, which it does for one transaction. */
enum { BUSY_MS = 10000 };

/* In the file's header; `file` and others show it. "SPOT". */
enum { APPLICATION_ID = 0x53504f54 };

static const char EXPECTED[] = "a SQLite file of sweetspot tune --store";

spot_status spoti_sqlite_refuse(const spoti_sqlite *file, int code, spot_diag *diag)
{
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return SPOT_E_NOMEM;
    case SQLITE_NOTADB:
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s: no SQLite file, expected %s", file->path,
                             EXPECTED);
    case SQLITE_CORRUPT:
        return spoti_sqlite_damaged(file, sqlite3_errmsg(file->db), diag);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return spot_diag_set(diag, SPOT_E_IO, "%s: another process kept writing to it for %d s",
                             file->path, BUSY_MS / 1000);
    case SQLITE_FULL:
        return spot_diag_set(diag, SPOT_E_IO, "%s: cannot write: disk full", file->path);
    default:
        return spot_diag_set(diag, SPOT_E_IO, "%s: %s", file->path, sqlite3_errmsg(file->db));
    }
}

spot_status spoti_sqlite_damaged(const spoti_sqlite *file, const char *what, spot_diag *diag)
{
    return spot_diag_set(diag, SPOT_E_FORMAT, "%s: damaged: %s, expected %s", file->path, what,
                         EXPECTED);
}

spot_status spoti_sqlite_exec(const spoti_sqlite *file, const char *sql, spot_diag *diag)
{
    const int code = sqlite3_exec(file->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? SPOT_OK : spoti_sqlite_refuse(file, code, diag);
}

spot_status spoti_sqlite_end(const spoti_sqlite *file, spot_status st, spot_diag *diag)
{
    st = st == SPOT_OK ? spoti_sqlite_exec(file, "COMMIT", diag) : st;
    if (st != SPOT_OK && sqlite3_get_autocommit(file->db) == 0) {
        (void)spoti_sqlite_exec(file, "ROLLBACK", NULL);
    }
    return st;
}

spot_status spoti_sqlite_prepare(const spoti_sqlite *file, const char *sql, sqlite3_stmt **out,
                                 spot_diag *diag)
{
    const int code = sqlite3_prepare_v2(file->db, sql, -1, out, NULL);
    return code == SQLITE_OK ? SPOT_OK : spoti_sqlite_refuse(file, code, diag);
}

spot_status spoti_sqlite_step(const spoti_sqlite *file, sqlite3_stmt *statement, bool *row,
                              spot_diag *diag)
{
    const int code = sqlite3_step(statement);
    *row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? SPOT_OK
                                                     : spoti_sqlite_refuse(file, code, diag);
}

spot_status spoti_sqlite_run(const spoti_sqlite *file, sqlite3_stmt *statement, spot_diag *diag)
{
    bool row = false;
    const spot_status st = spoti_sqlite_step(file, statement, &row, diag);
    (void)sqlite3_reset(statement);
    return st;
}

bool spoti_sqlite_integer(sqlite3_stmt *statement, int i, sqlite3_int64 *out)
{
    *out = sqlite3_column_int64(statement, i);
    return sqlite3_column_type(statement, i) == SQLITE_INTEGER;
}

bool spoti_sqlite_real(sqlite3_stmt *statement, int i, double *out)
{
    const bool is_real = sqlite3_column_type(statement, i) == SQLITE_FLOAT;
    *out = sqlite3_column_double(statement, i);
    return is_real && isfinite(*out);
}

bool spoti_sqlite_text(sqlite3_stmt *statement, int i, char *out, size_t size)
{
    const bool is_text = sqlite3_column_type(statement, i) == SQLITE_TEXT;
    const char *text = (const char *)sqlite3_column_text(statement, i);
    const int length = sqlite3_column_bytes(statement, i);
    return is_text && text != NULL && length >= 0 && strlen(text) == (size_t)length &&
           spoti_copy(out, size, text);
}

/* Whether the tables are those of `schema` and there are no others; *n: how many there are. */
static spot_status read_schema(const spoti_sqlite *file, const spoti_sqlite_schema *schema,
                               bool *ours, int *n, spot_diag *diag)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    *ours = true;
    *n = 0;
    /* what SQLite makes for itself has no statement, or a name of its own */
    spot_status st = spoti_sqlite_prepare(
        file, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid", &statement,
        diag);
    st = st == SPOT_OK ? spoti_sqlite_step(file, statement, &row, diag) : st;
    while (st == SPOT_OK && row) {
        char sql[SPOTI_SQLITE_SQL_SIZE];
        *ours = *ours && *n < schema->n && spoti_sqlite_text(statement, 0, sql, sizeof(sql)) &&
                strcmp(sql, schema->sql[*n]) == 0;
        ++*n;
        st = spoti_sqlite_step(file, statement, &row, diag);
    }
    (void)sqlite3_finalize(statement);
    *ours = *ours && *n == schema->n;
    return st;
}

static spot_status make_tables(const spoti_sqlite *file, const spoti_sqlite_schema *schema,
                               spot_diag *diag)
{
    char sql[96];
    (void)spoti_format(sql, sizeof(sql), "PRAGMA application_id = %d; PRAGMA user_version = %d",
                       APPLICATION_ID, schema->format);
    spot_status st = spoti_sqlite_exec(file, sql, diag);
    for (int i = 0; st == SPOT_OK && i < schema->n; i++) {
        st = spoti_sqlite_exec(file, schema->sql[i], diag);
    }
    return st;
}

/* Whether its pages hang together: a damaged page may hide rows without a word. */
static spot_status check_pages(const spoti_sqlite *file, spot_diag *diag)
{
    sqlite3_stmt *statement = NULL;
    bool row = false;
    char answer[256] = "";
    spot_status st = spoti_sqlite_prepare(file, "PRAGMA quick_check(1)", &statement, diag);
    st = st == SPOT_OK ? spoti_sqlite_step(file, statement, &row, diag) : st;
    if (st == SPOT_OK && !(row && spoti_sqlite_text(statement, 0, answer, sizeof(answer)) &&
                           strcmp(answer, "ok") == 0)) {
        char *newline = strchr(answer, '\n');
        if (newline != NULL) {
            *newline = ' ';
        }
        st = spoti_sqlite_damaged(file, answer, diag);
    }
    (void)sqlite3_finalize(statement);
    return st;
}

/* Whether what is found in it would be what is looked for. */
static spot_status check_format(const spoti_sqlite *file, const spoti_sqlite_schema *schema,
                                spot_diag *diag)
{
    sqlite3_stmt *statement = NULL;
    sqlite3_int64 format = 0;
    bool row = false;
    spot_status st = spoti_sqlite_prepare(file, "PRAGMA user_version", &statement, diag);
    st = st == SPOT_OK ? spoti_sqlite_step(file, statement, &row, diag) : st;
    if (st == SPOT_OK &&
        !(row && spoti_sqlite_integer(statement, 0, &format) && format == schema->format)) {
        st = spot_diag_set(diag, SPOT_E_FORMAT,
                           "%s: of format %lld, expected format %d: another version of sweetspot "
                           "kept it; a file of its own leaves it as it is",
                           file->path, (long long)format, schema->format);
    }
    (void)sqlite3_finalize(statement);
    return st;
}

/* Ours, or made ours: in one transaction, as another process may come at the same time. */
static spot_status recognise(const spoti_sqlite *file, bool make, const spoti_sqlite_schema *schema,
                             spot_diag *diag)
{
    bool ours = false;
    int n = 0;
    spot_status st = spoti_sqlite_exec(file, make ? "BEGIN IMMEDIATE" : "BEGIN", diag);
    if (st != SPOT_OK) {
        return st;
    }
    st = read_schema(file, schema, &ours, &n, diag);
    if (st == SPOT_OK && n == 0 && make) {
        st = make_tables(file, schema, diag);
    } else if (st == SPOT_OK && !ours) {
        st =
            spot_diag_set(diag, SPOT_E_FORMAT,
                          "%s: a SQLite file of something else or of another version of sweetspot, "
                          "expected %s",
                          file->path, EXPECTED);
    }
    st = st == SPOT_OK && make ? check_format(file, schema, diag) : st;
    st = st == SPOT_OK ? check_pages(file, diag) : st;
    return spoti_sqlite_end(file, st, diag);
}

/* A plain file, or none where one may be made. */
static spot_status check_path(const char *path, bool make, spot_diag *diag)
{
    struct stat info;
    int fd = -1;
    if (make && stat(path, &info) != 0 && errno == ENOENT) {
        return SPOT_OK;
    }
    const spot_status st = spoti_file_open_fd(path, EXPECTED, &fd, diag);
    if (fd >= 0) {
        (void)close(fd);
    }
    return st;
}

spot_status spoti_sqlite_open(spoti_sqlite *file, const char *path, bool make,
                              const spoti_sqlite_schema *schema, spot_diag *diag)
{
    /* names such as :memory: are files here */
    char plain[SPOTI_PATH_SIZE];
    file->db = NULL;
    if (path[0] == '\0' || !spoti_copy(file->path, sizeof(file->path), path) ||
        !spoti_format(plain, sizeof(plain), "%s%s", path[0] == '/' ? "" : "./", path)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "'%.200s': empty or too long, expected a path",
                             path);
    }
    spot_status st = check_path(path, make, diag);
    if (st != SPOT_OK) {
        return st;
    }
    const int code = sqlite3_open_v2(plain, &file->db,
                                     SQLITE_OPEN_READWRITE | (make ? SQLITE_OPEN_CREATE : 0), NULL);
    st = code == SQLITE_OK ? SPOT_OK : spoti_sqlite_refuse(file, code, diag);
    if (st == SPOT_OK) {
        (void)sqlite3_busy_timeout(file->db, BUSY_MS);
        (void)sqlite3_db_config(file->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        (void)sqlite3_db_config(file->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        st = spoti_sqlite_exec(file, "PRAGMA cell_size_check = ON", diag);
    }
    st = st == SPOT_OK ? recognise(file, make, schema, diag) : st;
    if (st != SPOT_OK) {
        spoti_sqlite_close(file);
    }
    return st;
}

void spoti_sqlite_close(spoti_sqlite *file)
{
    (void)sqlite3_close(file->db);
    file->db = NULL;
}

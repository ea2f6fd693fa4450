/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A SQLite file of ours: opened, recognised, and its errors in words. What its tables mean: store_sqlite.c.
 *
 * A file comes from anybody: its tables must be those that are made here, letter for letter (a view or a
 * trigger of a stranger never runs), and its pages must hang together, before anything is read or written.
 */
#ifndef SPOTI_SQLITE_FILE_H
#define SPOTI_SQLITE_FILE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "core/base/text.h"
#include "spot/status.h"

enum { SPOTI_SQLITE_TABLES_MAX = 4, SPOTI_SQLITE_SQL_SIZE = 4096 };

typedef struct spoti_sqlite {
    sqlite3 *db;
    char path[SPOTI_PATH_SIZE]; /* as it was given, for messages */
} spoti_sqlite;

/* The statements that make the tables; they tell our files, of this version, from others. */
typedef struct spoti_sqlite_schema {
    char sql[SPOTI_SQLITE_TABLES_MAX][SPOTI_SQLITE_SQL_SIZE];
    int n;
    int format; /* what their cells mean; a file of another one may be read, but not written to */
} spoti_sqlite_schema;

/* Opens the file; `make`: where there is none, or an empty one, the tables are made. Returns SPOT_OK, E_RANGE,
 * E_IO, E_FORMAT (something else, or damaged), E_NOMEM; then there is nothing to close. */
spot_status spoti_sqlite_open(spoti_sqlite *file, const char *path, bool make,
                              const spoti_sqlite_schema *schema, spot_diag *diag);
void spoti_sqlite_close(spoti_sqlite *file);

/* What a code that is not SQLITE_OK, _ROW or _DONE means for the user. */
spot_status spoti_sqlite_refuse(const spoti_sqlite *file, int code, spot_diag *diag);

/* What is there cannot be: E_FORMAT. */
spot_status spoti_sqlite_damaged(const spoti_sqlite *file, const char *what, spot_diag *diag);

/* Runs statements without parameters or results. */
spot_status spoti_sqlite_exec(const spoti_sqlite *file, const char *sql, spot_diag *diag);

/* Ends a transaction: as one if `st` is SPOT_OK, else as if it had not been. Returns st, or why it could not. */
spot_status spoti_sqlite_end(const spoti_sqlite *file, spot_status st, spot_diag *diag);

/* Prepares one statement; *out is finalised by the caller, on failure it is NULL. */
spot_status spoti_sqlite_prepare(const spoti_sqlite *file, const char *sql, sqlite3_stmt **out,
                                 spot_diag *diag);

/* Takes the next row; *row: there is one. */
spot_status spoti_sqlite_step(const spoti_sqlite *file, sqlite3_stmt *statement, bool *row,
                              spot_diag *diag);

/* Runs a statement that has no rows, and makes it ready for the next time. */
spot_status spoti_sqlite_run(const spoti_sqlite *file, sqlite3_stmt *statement, spot_diag *diag);

/* A cell of the row at hand; false where it is not of that kind. Texts are copied, and end with 0. */
bool spoti_sqlite_integer(sqlite3_stmt *statement, int i, sqlite3_int64 *out);
bool spoti_sqlite_real(sqlite3_stmt *statement, int i, double *out);
bool spoti_sqlite_text(sqlite3_stmt *statement, int i, char *out, size_t size);

#endif

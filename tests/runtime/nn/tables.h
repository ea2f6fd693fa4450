/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Names of all tables of kernels, the best one of a CPU last of those that it can run. */
#ifndef SPOT_TEST_TABLES_H
#define SPOT_TEST_TABLES_H

static const char *const TABLES[] = {"reference", "neon", "avx2", "avx512"};
enum { N_TABLE = sizeof TABLES / sizeof TABLES[0] };

#endif

/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the files of records share. */
#ifndef SPOTI_NET_RECORD_ROOM_H
#define SPOTI_NET_RECORD_ROOM_H

#include "runtime/net/record.h"

/* Makes room for n_value values in all. Returns OK, E_RANGE (more than SPOTI_NET_VALUES) or E_NOMEM. */
spot_status spoti_record_room(spoti_record *record, size_t n_value);

/* Turns a map that was just decoded, the last value of the record and all it holds, into an array or a number if it
 * is numpy's wrapper; refuses wrong wrappers, bin keys elsewhere, and keys that stand twice.
 * Returns OK, E_FORMAT, E_RANGE or E_UNSUPPORTED. */
spot_status spoti_record_unwrap(spoti_record *record, size_t i_map, const char *name,
                                spot_diag *diag);

/* The keys of numpy's wrapper. */
#define SPOTI_NP_ARRAY_KEY  "__ndarray__"
#define SPOTI_NP_NUMBER_KEY "__npgeneric__"
#define SPOTI_NP_DATA_KEY   "data"
#define SPOTI_NP_DTYPE_KEY  "dtype"
#define SPOTI_NP_SHAPE_KEY  "shape"

#endif

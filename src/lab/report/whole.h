/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Whether a file that another program wrote is whole.
 *
 * A program that draws or encodes for us may leave part of a file on a full disk and say nothing of it. Each
 * format tells its own end, which is looked for before the file gets its name.
 */
#ifndef SPOTI_REPORT_WHOLE_H
#define SPOTI_REPORT_WHOLE_H

#include <stdbool.h>
#include <stdio.h>

/* Reads `file` (open for reading, seekable) from its start to its end. True if it is whole: */
typedef bool (*spoti_whole_fn)(FILE *file);

bool spoti_svg_is_whole(FILE *file); /* begins as XML, and nothing but blanks follows </svg> */
bool spoti_png_is_whole(
    FILE *file); /* chunk follows chunk from IHDR to IEND, which ends the file */
bool spoti_mp4_is_whole(
    FILE *file); /* boxes add up to the file, one of them `moov` and one `mdat` */

#endif

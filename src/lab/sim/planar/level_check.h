/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the numbers of a level file must make: shapes with an area, joints that join something. */
#ifndef SPOTI_PLANAR_LEVEL_CHECK_H
#define SPOTI_PLANAR_LEVEL_CHECK_H

#include "lab/sim/planar/level_json.h"

/* Each says through the reader what is wrong at `at`. What is not active is not looked at. */
void spoti_level_check_polygon(spoti_json_reader *reader, const spoti_json_at *at,
                               const spoti_shape *polygon);
void spoti_level_check_circle(spoti_json_reader *reader, const spoti_json_at *at,
                              const spoti_shape *circle);
void spoti_level_check_joint(spoti_json_reader *reader, const spoti_json_at *at,
                             const spoti_level *level, const spoti_joint *joint);
void spoti_level_check_thruster(spoti_json_reader *reader, const spoti_json_at *at,
                                const spoti_level *level, const spoti_thruster *thruster);

#endif

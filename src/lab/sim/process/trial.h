/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* A trial of a world in a process: whether the same seed gives the same bytes, and whether success is told. */
#ifndef SPOTI_PROCESS_TRIAL_H
#define SPOTI_PROCESS_TRIAL_H

#include "lab/sim/process/scene.h"
#include "spot/trial.h"

/* Fills a zeroed trial. Returns SPOT_OK whatever it found, or what no trial could be made for: E_IO, E_NOMEM, ... */
spot_status spoti_process_try(const spoti_process_scene *scene, spot_trial *trial, spot_diag *diag);

#endif

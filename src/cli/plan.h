/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the files of `plan` share. */
#ifndef SPOTI_CLI_PLAN_H
#define SPOTI_CLI_PLAN_H

#include "cli.h"

/* What the command line says of a model beside its file; 0 = nothing. */
typedef struct cli_plan_work {
    double agent_flop, server_flop, uplink_bits, lambda;
    int full_bits;
} cli_plan_work;

/* Loads a model file by path or name, or makes one of a policy or of weights. Returns an exit code after saying what
 * is wrong. */
int cli_load_plan_model(const char *name, const cli_plan_work *work, spot_plan_model *model);

#endif

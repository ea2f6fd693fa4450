/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Which split, width and bits of a calibrated model, from the files that ship; and what a trained policy plans. */
#include <stdio.h>

#include "spot/coinfer_ppo.h"
#include "spot/plan.h"

static int show(const spot_plan_config *config, spot_coinfer_scheme scheme,
                const spot_coinfer_scheme_config *with)
{
    spot_plan_result result;
    spot_diag diag;
    if (spot_plan_make(config, scheme, with, &result, &diag) != SPOT_OK) {
        printf("%s\n", diag.text);
        return 1;
    }
    const spot_plan_choice *best = &result.choice[result.best];
    printf("%s of %d: split %s, %d bits, output distortion %.2g\n",
           spot_coinfer_scheme_name(scheme), result.n_choice,
           config->model->split[best->i_split].name, best->outcome.plan.bits,
           best->output_distortion);
    spot_plan_result_free(&result);
    return 0;
}

int main(int argc, char **argv)
{
    static spot_plan_model model;
    spot_platform *agent = NULL, *server = NULL;
    spot_plan_config config;
    char path[3][512];
    const char *const files[] = {"models/fcdnn-16", "platforms/paper-agent",
                                 "platforms/paper-server"};
    for (int i = 0; i < 3; i++) {
        (void)snprintf(path[i], sizeof(path[i]), "%s/%s.yaml", argc > 1 ? argv[1] : ".", files[i]);
    }
    if (spot_plan_model_load(path[0], &model, NULL) != SPOT_OK ||
        spot_platform_load(path[1], NULL, &agent, NULL) != SPOT_OK ||
        spot_platform_load(path[2], NULL, &server, NULL) != SPOT_OK) {
        return 1;
    }
    spot_plan_config_default(&config);
    config.model = &model;
    config.agent = agent;
    config.servers[0] = server;
    config.n_server = 1;
    config.max_delay_s = config.max_energy_j = 1e-6;
    int failed = show(&config, SPOT_COINFER_EXACT_PLAN, NULL);
    config.max_delay_s = 2e-6;
    failed |= show(&config, SPOT_COINFER_EXACT_PLAN, NULL);
    config.split = "layer-16";
    failed |= show(&config, SPOT_COINFER_PPO, NULL); /* trains a policy for this problem first */
    spot_platform_destroy(server);
    spot_platform_destroy(agent);
    return failed;
}

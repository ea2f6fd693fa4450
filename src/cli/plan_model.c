/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The model of a plan: a model file, a policy, or weights with what the command line says of them. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "plan.h"

/* 2 FLOP a multiply-add of one inference at all steps in full precision. */
static int count_flop(const char *path, spot_plan_model *model)
{
    spot_policy *policy = NULL;
    spot_session *session = NULL;
    spot_session_config config;
    spot_inference_cost cost;
    spot_diag diag = {""};

    spot_session_config_default(&config);
    spot_status st = spot_policy_load(path, NULL, &policy, &diag);
    if (st == SPOT_OK) {
        st = spot_session_create(policy, &config, &session);
    }
    if (st == SPOT_OK) {
        st = spot_session_cost(session, &cost);
    }
    if (st == SPOT_OK) {
        model->split[0].agent_flop = 2.0 * (cost.macs_fp32 + cost.macs_bf16 + cost.macs_int8);
        (void)snprintf(
            model->source, sizeof(model->source),
            "counted: two FLOP a multiply-add of one inference of the policy, all steps");
    }
    spot_session_destroy(session);
    spot_policy_destroy(policy);
    return st == SPOT_OK ? CLI_OK : cli_refuse("plan", st, &diag);
}

/* The last part of a path. */
static void name_of(const char *path, char name[SPOT_PLAN_NAME_SIZE])
{
    const char *slash = strrchr(path, '/');

    (void)spot_show(name, SPOT_PLAN_NAME_SIZE, slash != NULL ? slash + 1 : path);
}

static int load_policy(const char *folder, spot_plan_model *model)
{
    char weights[CLI_PATH_SIZE];
    spot_diag diag = {""};
    const int written = snprintf(weights, sizeof(weights), "%s/model.safetensors", folder);

    if (written < 0 || written >= (int)sizeof(weights)) {
        return cli_misuse("plan", "--model: path too long, expected below %d bytes", CLI_PATH_SIZE);
    }
    const spot_status st = spot_plan_model_weights(weights, model, &diag);
    return st == SPOT_OK ? count_flop(folder, model) : cli_refuse("plan", st, &diag);
}

/* What the command line says, in the place of what the model says; of a model of one split only. */
static int apply_work(const cli_plan_work *work, spot_plan_model *model)
{
    const double numbers[] = {work->agent_flop, work->server_flop, work->uplink_bits, work->lambda};
    static const char *const names[] = {"agent-flop", "server-flop", "uplink-bits", "lambda"};
    double *const into[] = {&model->split[0].agent_flop, &model->split[0].server_flop,
                            &model->split[0].uplink_bits, &model->split[0].lambda};

    for (int i = 0; i < 4; i++) {
        if (numbers[i] < 0.0) {
            return cli_misuse("plan", "--%s %g: expected a number above 0", names[i], numbers[i]);
        }
        if (numbers[i] > 0.0 && model->n_split > 1) {
            return cli_misuse("plan", "--%s: model %s has %d splits, expected one", names[i],
                              model->name, model->n_split);
        }
        if (numbers[i] > 0.0) {
            *into[i] = numbers[i];
        }
    }
    if (work->lambda > 0.0) {
        (void)snprintf(model->lambda_source, sizeof(model->lambda_source), "given");
    }
    if (work->full_bits != 0 && (work->full_bits < 1 || work->full_bits > SPOT_COINFER_MAX_BITS)) {
        return cli_misuse("plan", "--full-bits %d: expected 1..%d", work->full_bits,
                          SPOT_COINFER_MAX_BITS);
    }
    model->full_bits = work->full_bits != 0 ? work->full_bits : model->full_bits;
    if (model->split[0].agent_flop + model->split[0].server_flop <= 0.0) {
        return cli_misuse("plan",
                          "the work of %s is not known, expected --agent-flop and --server-flop",
                          model->name);
    }
    return CLI_OK;
}

int cli_load_plan_model(const char *name, const cli_plan_work *work, spot_plan_model *model)
{
    static const char ending[] = ".yaml";
    char path[CLI_PATH_SIZE];
    spot_diag diag = {""};
    int code = CLI_OK;

    if (cli_look(CLI_MODEL, name, path, sizeof(path))) {
        const size_t length = strlen(path);
        const bool yaml =
            length > strlen(ending) && strcmp(path + length - strlen(ending), ending) == 0;
        const spot_status st = yaml ? spot_plan_model_load(path, model, &diag)
                                    : spot_plan_model_weights(path, model, &diag);
        code = st == SPOT_OK ? CLI_OK : cli_refuse("plan", st, &diag);
        if (st == SPOT_OK && !yaml) {
            name_of(path, model->name);
        }
    } else if (cli_look(CLI_POLICY, name, path, sizeof(path))) {
        code = load_policy(path, model);
        name_of(path, model->name);
    } else {
        (void)cli_find(CLI_MODEL, name, path, sizeof(path)); /* says what there is */
        return CLI_USAGE;
    }
    return code == CLI_OK ? apply_work(work, model) : code;
}

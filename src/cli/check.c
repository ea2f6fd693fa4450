/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot check`: a trial of a task, and a picture of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { TEXT_COLUMN = 26 }; /* behind result and name */

typedef struct check_request {
    const char *task_name;
    const char *picture_path;
    bool json;
    char path[CLI_PATH_SIZE];
    spot_trial trial;
    spot_diag refusal; /* "" = the task can be run */
} check_request;

/* The scene as the reset of seed 0 leaves it. */
static spot_status draw(const spot_task *task, const char *path, spot_diag *diag)
{
    spot_world world;
    spot_variation variation;
    spot_render_config config;
    spot_renderer *renderer = NULL;

    spot_variation_default(&variation);
    spot_render_config_default(&config);
    spot_status st = spot_task_make_world(task, &variation, &world, diag);
    if (st != SPOT_OK) {
        return st;
    }
    uint8_t *rgb = malloc((size_t)config.width * (size_t)config.height * 3);
    st = rgb != NULL ? spot_world_reset(&world, 0) : SPOT_E_NOMEM;
    if (st == SPOT_OK) {
        st = spot_renderer_create(&world, &config, &renderer, diag);
    }
    if (st == SPOT_OK) {
        st = spot_renderer_draw(renderer, &world, rgb);
        if (st != SPOT_OK && world.ops->why != NULL) {
            (void)spot_diag_set(diag, st, "%s", world.ops->why(world.self));
        }
    }
    if (st == SPOT_OK) {
        st = spot_write_png(path, rgb, config.width, config.height, diag);
    }
    spot_renderer_destroy(renderer);
    spot_world_destroy(&world);
    free(rgb);
    return st;
}

static int count(const spot_trial *trial, spot_trial_result result)
{
    int n = 0;
    for (int i = 0; i < trial->count; i++) {
        n += trial->checks[i].result == result ? 1 : 0;
    }
    return n;
}

static void print_text(const check_request *r)
{
    const spot_trial *t = &r->trial;
    for (int i = 0; i < t->count; i++) {
        const spot_trial_check *c = &t->checks[i];
        char line[sizeof(c->measured) + sizeof(c->expected) + sizeof(c->where) + 64];
        (void)snprintf(line, sizeof(line), "%s  %-19s %s; expected %s%s%s",
                       spot_trial_result_str(c->result), c->name, c->measured, c->expected,
                       c->where[0] != '\0' ? "; " : "", c->where);
        spot_print_wrapped(stdout, TEXT_COLUMN, line);
    }
    const int failed = count(t, SPOT_TRIAL_FAIL);
    if (t->count == 0) {
        char line[sizeof(r->refusal.text) + 64];
        (void)snprintf(line, sizeof(line), "FAIL  %-19s %s", "load", r->refusal.text);
        spot_print_wrapped(stdout, TEXT_COLUMN, line);
    } else if (failed > 0) {
        spot_print(stdout, "FAIL: %d of %d checks\n", failed, t->count);
    } else {
        spot_print(stdout, "PASS: %d checks, %d of them with a warning\n", t->count,
                   count(t, SPOT_TRIAL_WARN));
    }
}

static int print_json(const check_request *r, bool ok)
{
    json_t *checks = json_array();
    for (int i = 0; i < r->trial.count; i++) {
        const spot_trial_check *c = &r->trial.checks[i];
        (void)json_array_append_new(
            checks, json_pack("{s:s, s:s, s:b, s:s, s:s, s:s}", "name", c->name, "result",
                              spot_trial_result_str(c->result), "refuses", (int)c->refuses,
                              "measured", c->measured, "expected", c->expected, "where", c->where));
    }
    return cli_print_json(
        json_pack("{s:s, s:s, s:b, s:o, s:o}", "task", r->task_name, "path", r->path, "ok", (int)ok,
                  "checks", checks, "refused",
                  r->refusal.text[0] != '\0' ? json_string(r->refusal.text) : json_null()));
}

static int run(check_request *r)
{
    spot_task *task = NULL;
    spot_diag diag = {""};
    int exit_code = CLI_OK;

    spot_status st = spot_task_load(r->path, NULL, &task, &r->refusal);
    if (st == SPOT_OK) {
        st = spot_task_try(task, &r->trial, &r->refusal);
    }
    if (st != SPOT_OK && r->refusal.text[0] == '\0') {
        spot_task_destroy(task);
        return cli_fail("check", st, NULL);
    }
    if (task == NULL) { /* no trial was made */
        exit_code = cli_refuse("task", st, &r->refusal);
        if (r->json) {
            (void)print_json(r, false);
        }
        return exit_code;
    }
    const bool ok = st == SPOT_OK && count(&r->trial, SPOT_TRIAL_FAIL) == 0;
    if (task != NULL &&
        r->picture_path != NULL) { /* before anything is printed: who reads may rely on it */
        st = draw(task, r->picture_path, &diag);
        exit_code = st == SPOT_OK ? CLI_OK : cli_fail("check", st, &diag);
    }
    spot_task_destroy(task);
    if (r->json) {
        const int printed = print_json(r, ok);
        exit_code = exit_code == CLI_OK ? printed : exit_code;
    } else {
        print_text(r);
    }
    return exit_code != CLI_OK ? exit_code : ok ? CLI_OK : CLI_FAILED;
}

static const char SUMMARY[] =
    "Tries a task: whether its robot, gripper and objects do what the task file takes for granted. "
    "One\n"
    "line a check, with what was measured and what is expected. The other verbs make the same "
    "trial\n"
    "without a word and refuse a task that fails it, but for a world in a process, which they do "
    "not\n"
    "try: their reports say how it is known that it repeats. Exit code 1 if a check fails.";

static const char EXAMPLES[] =
    "  sweetspot check ur5e-pick-place\n"
    "  sweetspot check tasks/my-task/task.yaml --picture scene.png\n"
    "  sweetspot check ur5e-conveyor --json | jq '.checks[] | .measured'\n";

int spoti_cli_check(int argc, char **argv)
{
    check_request r = {.task_name = NULL};
    int exit_code = CLI_OK;
    const cli_option options[] = {
        {"picture", "FILE.png", CLI_TEXT, &r.picture_path, "draw the scene at a reset"},
        {"json", NULL, CLI_FLAG, &r.json, "JSON instead of text"},
    };
    const cli_page page = {.verb = "check",
                           .summary = SUMMARY,
                           .usage = "TASK [options]",
                           .options = options,
                           .n_options = sizeof(options) / sizeof(options[0]),
                           .examples = EXAMPLES};
    r.task_name = cli_take_argument(&page, &argc, argv);
    if (!cli_parse(&page, argc, argv, &exit_code)) {
        return exit_code;
    }
    if (r.task_name == NULL) {
        return cli_misuse("check", "no TASK: expected a task's name or its file");
    }
    if (r.picture_path != NULL) {
        exit_code = cli_check_target("check", "picture", r.picture_path);
    }
    if (exit_code == CLI_OK && !cli_find(CLI_TASK, r.task_name, r.path, sizeof(r.path))) {
        exit_code = CLI_USAGE;
    }
    return exit_code == CLI_OK ? run(&r) : exit_code;
}

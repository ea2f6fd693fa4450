/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Operating points as several verbs meet them: what their keys mean, and whether a policy can have them. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

const char *cli_point_keys(void)
{
    static char page[4096]; /* made once: help is printed by one thread */
    size_t used = 0;
    if (page[0] != '\0') {
        return page;
    }
    used += (size_t)snprintf(page, sizeof(page), "%s",
                             "Keys of a point, key=value separated by blanks; what is not named is "
                             "as in the baseline:\n");
    for (int i = 0; i < spot_knob_count(); i++) {
        const spot_knob *k = spot_knob_at(i);
        char left[32];
        (void)snprintf(left, sizeof(left), "%s=%s", k->name, k->placeholder);
        for (const char *line = k->help; *line != '\0' && used < sizeof(page);) {
            const int length = (int)strcspn(line, "\n");
            used += (size_t)snprintf(page + used, sizeof(page) - used, "  %-14s %.*s\n",
                                     line == k->help ? left : "", length, line);
            line += length + (line[length] == '\n' ? 1 : 0);
        }
    }
    if (used < sizeof(page)) {
        (void)snprintf(page + used, sizeof(page) - used, "docs/policies.md has more.\n");
    }
    return page;
}

/* Whether the value of a key is what is wrong, not a file that it names. */
static bool is_about_a_key(const char *message)
{
    for (int i = 0; i < spot_knob_count(); i++) {
        const char *name = spot_knob_at(i)->name;
        const size_t length = strlen(name);
        if (strncmp(message, name, length) == 0 && strncmp(message + length, ": ", 2) == 0) {
            return true;
        }
    }
    return false;
}

void cli_list_options(cli_lists *lists, bool inference_only, cli_option *options, size_t *n)
{
    for (int i = 0; i < spot_knob_count(); i++) {
        const spot_knob *k = spot_knob_at(i);
        if (inference_only && !k->in_inference) {
            continue;
        }
        (void)snprintf(lists->help[i], sizeof(lists->help[i]), "%s (%s)", k->list_help,
                       lists->standard[i] != NULL ? lists->standard[i] : k->baseline);
        options[(*n)++] = (cli_option){k->name, "LIST", CLI_TEXT, &lists->text[i], lists->help[i]};
    }
}

bool cli_sweep(const char *verb, const cli_lists *lists, int all_steps, spot_point *points,
               int capacity, int *n)
{
    spot_diag diag = {""};
    const char *text[SPOT_KNOBS_MAX];
    for (int i = 0; i < SPOT_KNOBS_MAX; i++) {
        text[i] = lists->text[i] != NULL ? lists->text[i] : lists->standard[i];
    }
    if (spot_point_sweep(text, points, capacity, n, &diag) != SPOT_OK) {
        /* the message begins with the key, as the option does */
        (void)cli_misuse(verb, "%s%s", is_about_a_key(diag.text) ? "--" : "", diag.text);
        return false;
    }
    for (int i = 0; i < *n; i++) {
        points[i].steps = points[i].steps == 0 ? all_steps : points[i].steps;
    }
    return true;
}

/* The task's own n by its number is what is called task; what then is there twice goes. */
static void resolve_execute(int n_execute, spot_point *points, int *n)
{
    int kept = 0;
    for (int i = 0; i < *n; i++) {
        bool known = false;
        points[i].execute = points[i].execute == n_execute ? 0 : points[i].execute;
        for (int k = 0; k < kept && !known; k++) {
            known = spot_point_equal(&points[k], &points[i]);
        }
        if (!known) {
            points[kept++] = points[i];
        }
    }
    *n = kept;
}

bool cli_make_points(const char *verb, const cli_lists *lists, int all_steps, int n_execute,
                     spot_point *points, int capacity, int *n, int *baseline)
{
    spot_point first;
    int at = 0;

    if (!cli_sweep(verb, lists, all_steps, points, capacity - 1, n)) {
        return false;
    }
    resolve_execute(n_execute, points, n);
    spot_point_default(&first);
    first.steps = all_steps;
    while (at < *n && !spot_point_equal(&points[at], &first)) {
        at++;
    }
    /* the baseline leads the points of its place on the line */
    memmove(&points[1], &points[0], (size_t)at * sizeof(points[0]));
    points[0] = first;
    *n += at == *n ? 1 : 0;
    spot_point_sort(points, *n);
    *baseline = 0;
    while (!spot_point_equal(&points[*baseline], &first)) {
        (*baseline)++;
    }
    return true;
}

static int check_point(const char *verb, const spot_brain *brain, const char *kernels,
                       const spot_point *point)
{
    void *state = NULL;
    spot_diag diag = {""};

    spot_status st = spot_brain_begin(
        brain,
        &(spot_brain_config){.size = sizeof(spot_brain_config), .point = point, .kernels = kernels},
        &state, &diag);
    if (st == SPOT_OK) {
        spot_brain_end(brain, state);
        return CLI_OK;
    }
    return is_about_a_key(diag.text) ? cli_misuse(verb, "%s", diag.text)
                                     : cli_refuse(verb, st, &diag);
}

bool cli_knows_kernels(const char *verb, const char *kernels)
{
    static const char *const names[] = {"reference", "avx2", "avx512", "neon"};

    return kernels == NULL || cli_choose(verb, "kernels", kernels, names, 4) >= 0;
}

int cli_check_points(const char *verb, const spot_brain *brain, const char *kernels,
                     const spot_point *points, int n)
{
    if (!cli_knows_kernels(verb, kernels)) {
        return CLI_USAGE;
    }
    for (int i = 0; i < n; i++) {
        bool known = false;
        for (int k = 0; k < i && !known; k++) {
            known = spot_point_same_setting(&points[k], &points[i]);
        }
        int exit_code = known ? CLI_OK : check_point(verb, brain, kernels, &points[i]);
        if (exit_code != CLI_OK) {
            return exit_code;
        }
    }
    return CLI_OK;
}

bool cli_turns(const spot_brain *brain, const char *knob)
{
    spot_brain_info info = {.type = ""};
    return spot_brain_describe(brain, &info, NULL) == SPOT_OK && spot_brain_turns(&info, knob);
}

bool cli_varies(const spot_brain *brain)
{
    spot_brain_info info = {.type = ""};
    return spot_brain_describe(brain, &info, NULL) == SPOT_OK && info.varies;
}

int cli_default_steps(const spot_brain *brain)
{
    spot_brain_info info = {.type = ""};
    return spot_brain_describe(brain, &info, NULL) == SPOT_OK ? info.default_steps : 1;
}

void cli_hint_bench(const spot_platform *platform, const char *class_name, int steps,
                    const char *policy_name)
{
    spot_latency latency;
    if (spot_platform_latency(platform, class_name, steps, &latency, NULL) == SPOT_OK) {
        spot_print(stderr,
                   "Try 'sweetspot bench --policy %s --out here.yaml' with these --steps, "
                   "--quant, --prune and --kv, then --alpha-from here.yaml.\n",
                   policy_name);
    }
}

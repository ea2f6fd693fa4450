/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot list`: what there is to run. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

enum { NAME_WIDTH = 20 };

typedef struct listing {
    json_t *items; /* NULL = print text */
    int count;
} listing;

static const char *regime_text(spot_regime regime)
{
    return regime == SPOT_REGIME_DYNAMIC ? "dynamic" : "static";
}

/* A thing that does not load is shown with its reason: a list should not hide a broken file. */
static void show_broken(listing *l, const char *name, const spot_diag *diag)
{
    if (l->items != NULL) {
        (void)json_array_append_new(l->items,
                                    json_pack("{s:s, s:s}", "name", name, "error", diag->text));
    } else {
        spot_print(stdout, "  %-*s cannot be loaded: %s\n", NAME_WIDTH, name, diag->text);
    }
}

static void show_task(void *ctx, const char *name, const char *path)
{
    listing *l = ctx;
    spot_diag diag = {""};
    spot_task *task = NULL;

    l->count++;
    if (cli_load_tried(path, &task, &diag) != SPOT_OK) {
        show_broken(l, name, &diag);
        return;
    }
    const spot_task_info *info = spot_task_describe(task);
    if (l->items != NULL) {
        (void)json_array_append_new(
            l->items,
            json_pack("{s:s, s:s, s:s, s:s, s:s, s:f, s:i, s:i, s:i}", "name", name, "path", path,
                      "regime", regime_text(info->dims.regime), "description", info->description,
                      "charge_as", info->charge_as, "time_limit_s", info->dims.time_limit_s,
                      "obs_dim", info->dims.obs_dim, "action_dim", info->dims.action_dim,
                      "n_execute", info->dims.n_execute));
    } else {
        spot_print(stdout, "  %-*s %-8s %s\n", NAME_WIDTH, name, regime_text(info->dims.regime),
                   info->description);
    }
    spot_task_destroy(task);
}

static void show_policy(void *ctx, const char *name, const char *path)
{
    listing *l = ctx;
    spot_diag diag = {""};
    spot_policy *policy = NULL;

    l->count++;
    if (spot_policy_load(path, NULL, &policy, &diag) != SPOT_OK) {
        show_broken(l, name, &diag);
        return;
    }
    const spot_policy_info *info = spot_policy_describe(policy);
    if (l->items != NULL) {
        (void)json_array_append_new(
            l->items,
            json_pack("{s:s, s:s, s:s, s:s, s:I, s:i, s:{s:i, s:i}}", "name", name, "path", path,
                      "type", info->type, "task", info->task, "parameters",
                      (json_int_t)info->n_params, "steps", info->default_steps, "history", "frames",
                      info->history_frames, "commands", info->history_commands));
    } else {
        spot_print(stdout, "  %-*s %s for %s, %.2f M parameters, %d steps", NAME_WIDTH, name,
                   info->type, info->task, 1e-6 * (double)info->n_params, info->default_steps);
        if (info->history_frames > 0 || info->history_commands > 0) {
            spot_print(stdout, ", remembers %d frames and %d commands", info->history_frames,
                       info->history_commands);
        }
        spot_print(stdout, "\n");
    }
    spot_policy_destroy(policy);
}

/* `pi05 (w8a8, w4-t1)`: variants, CLASS@VARIANT, follow their class. Returns whether a bracket is open. */
static bool show_class(const char *name, bool first, bool in_brackets)
{
    const char *at = strchr(name, '@');
    if (at != NULL && !first) {
        spot_print(stdout, "%s%s", in_brackets ? ", " : " (", at + 1);
        return true;
    }
    spot_print(stdout, "%s%s %s", in_brackets ? ")" : "", first ? "" : ",", name);
    return false;
}

static void show_platform(void *ctx, const char *name, const char *path)
{
    listing *l = ctx;
    spot_diag diag = {""};
    spot_platform *platform = NULL;

    l->count++;
    if (spot_platform_load(path, NULL, &platform, &diag) != SPOT_OK) {
        show_broken(l, name, &diag);
        return;
    }
    json_t *classes = json_array();
    bool in_brackets = false;
    if (l->items == NULL) {
        spot_print(stdout, "  %-*s", NAME_WIDTH, name);
    }
    for (int i = 0; i < spot_platform_class_count(platform); i++) {
        const char *model = spot_platform_class_name(platform, i);
        (void)json_array_append_new(classes, json_string(model));
        if (l->items == NULL) {
            in_brackets = show_class(model, i == 0, in_brackets);
        }
    }
    if (l->items == NULL) {
        spot_print(stdout, "%s\n", in_brackets ? ")" : "");
    } else {
        (void)json_array_append_new(
            l->items, json_pack("{s:s, s:s, s:O}", "name", name, "path", path, "classes", classes));
    }
    json_decref(classes);
    spot_platform_destroy(platform);
}

int spoti_cli_list(int argc, char **argv)
{
    static const struct {
        cli_thing thing;
        const char *key;
        const char *title;
        void (*show)(void *ctx, const char *name, const char *path);
    } parts[] = {
        {CLI_TASK, "tasks", "Tasks", show_task},
        {CLI_POLICY, "policies", "Policies", show_policy},
        {CLI_PLATFORM, "platforms", "Platforms (latency classes)", show_platform},
    };
    bool json = false;
    int exit_code = CLI_OK;
    const cli_option options[] = {{"json", NULL, CLI_FLAG, &json, "JSON instead of text"}};
    const cli_page page = {
        .verb = "list",
        .summary =
            "Lists the tasks, policies and platforms found in $SPOT_DATA, the present folder "
            "and the\nprogram's own data, in this order: the first of a name counts.",
        .usage = "[--json]",
        .options = options,
        .n_options = 1,
        .examples = "  sweetspot list\n  sweetspot list --json\n",
    };

    if (!cli_parse(&page, argc, argv, &exit_code)) {
        return exit_code;
    }
    json_t *all = json ? json_object() : NULL;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        listing l = {.items = json ? json_array() : NULL};
        if (!json) {
            if (i > 0) {
                spot_print(stdout, "\n");
            }
            spot_print(stdout, "%s\n", parts[i].title);
        }
        cli_each(parts[i].thing, parts[i].show, &l);
        if (json) {
            (void)json_object_set_new(all, parts[i].key, l.items);
        } else if (l.count == 0) {
            spot_print(stdout, "  none; set SPOT_DATA to a folder that has some\n");
        }
    }
    return json ? cli_print_json(all) : CLI_OK;
}

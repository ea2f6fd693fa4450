/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* `sweetspot list`: what there is to run. */
#include <stdio.h>
#include <string.h>

#include "cli.h"

enum { NAME_WIDTH = 20, TEXT_COLUMN = NAME_WIDTH + 3, LINE_SIZE = 4096 };

typedef struct listing {
    json_t *items; /* NULL = print text */
    int count;
} listing;

/* `  NAME  text`, broken where it is long. */
static void print_item(const char *name, const char *text)
{
    char line[LINE_SIZE];
    (void)snprintf(line, sizeof(line), "  %-*s %s", NAME_WIDTH, name, text);
    spot_print_wrapped(stdout, TEXT_COLUMN, line);
}

/* A thing that does not load is shown with its reason: a list should not hide a broken file. */
static void show_broken(listing *l, const char *name, const spot_diag *diag)
{
    if (l->items != NULL) {
        (void)json_array_append_new(l->items,
                                    json_pack("{s:s, s:s}", "name", name, "error", diag->text));
    } else {
        char text[sizeof(diag->text) + 32];
        (void)snprintf(text, sizeof(text), "cannot be loaded: %s", diag->text);
        print_item(name, text);
    }
}

static void show_task(void *ctx, const char *name, const char *path)
{
    listing *l = ctx;
    spot_diag diag = {""};
    spot_task *task = NULL;

    l->count++;
    bool loaded = false;
    if (cli_load_tried(path, &task, &loaded, &diag) != SPOT_OK) {
        show_broken(l, name, &diag);
        return;
    }
    const spot_task_info *info = spot_task_describe(task);
    if (l->items != NULL) {
        (void)json_array_append_new(
            l->items,
            json_pack("{s:s, s:s, s:s, s:s, s:s, s:f, s:i, s:i, s:i}", "name", name, "path", path,
                      "regime", spot_regime_str(info->dims.regime), "description",
                      info->description, "charge_as", info->charge_as, "time_limit_s",
                      info->dims.time_limit_s, "obs_dim", info->dims.obs_dim, "action_dim",
                      info->dims.action_dim, "n_execute", info->dims.n_execute));
    } else {
        char text[LINE_SIZE / 2];
        (void)snprintf(text, sizeof(text), "%-8s %s", spot_regime_str(info->dims.regime),
                       info->description);
        print_item(name, text);
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
        char text[LINE_SIZE / 2];
        char memory[64] = "";
        if (info->history_frames > 0 || info->history_commands > 0) {
            (void)snprintf(memory, sizeof(memory), ", remembers %d frames and %d commands",
                           info->history_frames, info->history_commands);
        }
        (void)snprintf(text, sizeof(text), "%s for %s, %.2f M parameters, %d steps%s", info->type,
                       info->task, 1e-6 * (double)info->n_params, info->default_steps, memory);
        print_item(name, text);
    }
    spot_policy_destroy(policy);
}

/* Appends a class: `pi05 (w8a8, w4-t1)`; variants, CLASS@VARIANT, follow theirs. Returns whether a bracket is open. */
static bool add_class(char *text, size_t size, const char *name, bool in_brackets)
{
    const size_t used = strlen(text);
    const char *at = strchr(name, '@');
    if (at != NULL && used > 0) {
        (void)snprintf(text + used, size - used, "%s%s", in_brackets ? ", " : " (", at + 1);
        return true;
    }
    (void)snprintf(text + used, size - used, "%s%s%s", in_brackets ? ")" : "", used > 0 ? ", " : "",
                   name);
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
    char text[LINE_SIZE / 2] = "";
    for (int i = 0; i < spot_platform_class_count(platform); i++) {
        const char *model = spot_platform_class_name(platform, i);
        (void)json_array_append_new(classes, json_string(model));
        in_brackets = add_class(text, sizeof(text), model, in_brackets);
    }
    if (l->items == NULL) {
        char whole[LINE_SIZE / 2 + 2];
        (void)snprintf(whole, sizeof(whole), "%s%s", text, in_brackets ? ")" : "");
        print_item(name, whole);
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

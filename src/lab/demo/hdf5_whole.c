/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* All parts in one file, with what readers of robomimic and LIBERO ask of it as a whole. */
#include <jansson.h>

#include "core/base/alloc.h"
#include "core/base/text.h"
#include "lab/demo/hdf5_file.h"

/* robomimic's number for environments that one has registered with Gym under their name; 1 would be robosuite, which
 * reads `env_kwargs` as its own. */
static const int ENV_TYPE_GYM = 2;

enum {
    VALID_EVERY = 10, /* a demonstration in so many is for validation */
    NAME_SIZE = sizeof("demo_4294967295"),
    JSON_SIZE = 4096,
};

static void put_json(spoti_hdf5_writer *w, hid_t object, const char *name, json_t *json)
{
    char text[JSON_SIZE];
    const size_t size = json != NULL ? json_dumpb(json, text, sizeof(text) - 1, 0) : 0;

    spoti_hdf5_check(w, size > 0 && size < sizeof(text));
    if (!w->failed) {
        text[size] = '\0';
        spoti_hdf5_put_text(w, object, name, text);
    }
    json_decref(json);
}

/* robomimic's code reads `type`, its documentation says `env_type`. */
static json_t *environment(const spot_task_info *info)
{
    const spot_world_dims *d = &info->dims;
    return json_pack("{s:s, s:i, s:i, s:{s:f, s:i, s:i}}", "env_name", info->name, "type",
                     ENV_TYPE_GYM, "env_type", ENV_TYPE_GYM, "env_kwargs", "control_freq",
                     1.0 / (d->tick_s * d->ticks_per_action), "horizon", d->horizon, "execute",
                     d->n_execute);
}

/* What LIBERO asks of a problem; there is no file of its language behind it. */
static json_t *problem(const spot_task_info *info)
{
    const char *words = info->instruction != NULL ? info->instruction : info->description;
    return json_pack("{s:s, s:s, s:s}", "problem_name", info->name, "domain_name",
                     info->engine.name, "language_instruction", words != NULL ? words : "");
}

static void put_head(spoti_hdf5_writer *w, hid_t data, const spoti_hdf5_plan *plan)
{
    const spot_task_info *info = spot_task_describe(plan->task);
    const int64_t demos = plan->count;

    put_json(w, data, "env_args", environment(info));
    put_json(w, data, "problem_info", problem(info));
    spoti_hdf5_put_text(w, data, "env_name", info->name);
    spoti_hdf5_put_text(w, data, "task", info->name);
    spoti_hdf5_put_number(w, data, "num_demos", H5T_NATIVE_INT64, &demos);
    spoti_hdf5_put_number(w, data, "total", H5T_NATIVE_INT64, &plan->rows);
}

/* Copies from part n until it or the plan ends. */
static void copy_part(spoti_hdf5_writer *w, const spoti_hdf5_plan *plan, int n, hid_t data,
                      int *copied)
{
    char path[SPOTI_PATH_SIZE];
    char from[NAME_SIZE];
    char to[NAME_SIZE];

    spoti_parts_path(plan->parts, n, path);
    hid_t part = spoti_hdf5_old_file(w, path);
    hid_t source = part >= 0 ? H5Gopen2(part, "data", H5P_DEFAULT) : H5I_INVALID_HID;
    spoti_hdf5_check(w, source >= 0);
    for (int i = 0; !w->failed && *copied < plan->count; i++) {
        (void)spoti_format(from, sizeof(from), "demo_%d", i);
        if (H5Lexists(source, from, H5P_DEFAULT) <= 0) {
            break;
        }
        (void)spoti_format(to, sizeof(to), "demo_%d", (*copied)++);
        spoti_hdf5_check(w, H5Ocopy(source, from, data, to, H5P_DEFAULT, H5P_DEFAULT) >= 0);
    }
    spoti_hdf5_close_group(w, source);
    (void)H5Fclose(part);
}

/* A filter key of robomimic: 1 = only demonstrations that are so, 0 = only others, -1 = all. */
typedef struct selection {
    const char *name;
    int valid;
    int undisturbed;
} selection;

static bool is_in(const selection *s, const spoti_hdf5_plan *plan, int i)
{
    const int valid = i % VALID_EVERY == VALID_EVERY - 1;
    const int undisturbed = plan->ends[i] == SPOTI_END_UNDISTURBED;
    return (s->valid < 0 || s->valid == valid) &&
           (s->undisturbed < 0 || s->undisturbed == undisturbed);
}

/* Names of demonstrations, of one width, as numpy writes them. */
static void put_selection(spoti_hdf5_writer *w, hid_t mask, const selection *s,
                          const spoti_hdf5_plan *plan)
{
    char *words = spoti_calloc(NULL, (size_t)plan->count, NAME_SIZE);
    int n = 0;

    spoti_hdf5_check_memory(w, words != NULL);
    for (int i = 0; words != NULL && i < plan->count; i++) {
        if (is_in(s, plan, i)) {
            (void)spoti_format(words + (size_t)n++ * NAME_SIZE, NAME_SIZE, "demo_%d", i);
        }
    }
    if (words != NULL) {
        spoti_hdf5_put_words(w, mask, s->name, n, NAME_SIZE, words);
    }
    spoti_free(NULL, words, (size_t)plan->count * NAME_SIZE);
}

static void put_masks(spoti_hdf5_writer *w, hid_t file, const spoti_hdf5_plan *plan)
{
    static const selection SELECTIONS[] = {{"train", 0, -1},
                                           {"valid", 1, -1},
                                           {"undisturbed", -1, 1},
                                           {"undisturbed_train", 0, 1},
                                           {"undisturbed_valid", 1, 1}};
    hid_t mask = spoti_hdf5_group(w, file, "mask");

    for (size_t i = 0; mask >= 0 && i < sizeof(SELECTIONS) / sizeof(SELECTIONS[0]); i++) {
        put_selection(w, mask, &SELECTIONS[i], plan);
    }
    spoti_hdf5_close_group(w, mask);
}

void spoti_hdf5_fill_whole(spoti_hdf5_writer *w, hid_t file, const void *context)
{
    const spoti_hdf5_plan *plan = context;
    hid_t data = spoti_hdf5_group(w, file, "data");
    int copied = 0;

    for (int n = 0; !w->failed && copied < plan->count; n++) {
        copy_part(w, plan, n, data, &copied);
        spoti_hdf5_check(w, spoti_hdf5_is_awaited(w));
    }
    if (!w->failed) {
        put_head(w, data, plan);
        put_masks(w, file, plan);
    }
    spoti_hdf5_close_group(w, data);
}

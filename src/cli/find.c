/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Names of tasks, policies and platforms: where they are looked for, and what there is. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"

enum { ROOTS = 5, NAMES_MAX = 512, NAME_SIZE = 128 };

typedef struct kind {
    const char *noun;
    const char *folder; /* under a root */
    const char *suffix; /* of the thing that is loaded, behind the name */
    const char *probe;  /* file that must exist in a folder of this kind; NULL = the path itself */
} kind;

static const kind kinds[] = {
    [CLI_TASK] = {"task", "tasks", "/task.yaml", NULL},
    [CLI_POLICY] = {"policy", "policies", "", "/config.json"},
    [CLI_PLATFORM] = {"platform", "platforms", ".yaml", NULL},
    [CLI_MODEL] = {"model", "models", ".yaml", NULL},
    [CLI_LINK] = {"link", "links", ".yaml", NULL},
};

/* PROGRAM_FOLDER/`tail` of this very program, so that a tree may be moved. */
static bool beside_program(const char *tail, char path[CLI_PATH_SIZE])
{
    char program[CLI_PATH_SIZE];
    ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (n <= 0) {
        return false;
    }
    program[n] = '\0';
    char *slash = strrchr(program, '/');
    if (slash == NULL) {
        return false;
    }
    *slash = '\0';
    int length = snprintf(path, CLI_PATH_SIZE, "%s/%s", program, tail);
    return length > 0 && length < CLI_PATH_SIZE;
}

/* The sources that the program was built from, if it stands in its build folder. */
static bool root_of_build(char path[CLI_PATH_SIZE])
{
    return beside_program(SPOT_BUILD_FROM_BIN "/CMakeCache.txt", path) && access(path, F_OK) == 0 &&
           beside_program(SPOT_SOURCE_FROM_BIN, path);
}

/* Where names are looked for, in this order: what the user says comes before what lies around. False if
 * root `i` is not there. */
static bool root(int i, char path[CLI_PATH_SIZE])
{
    const char *text = SPOT_DATA_DIR;
    switch (i) {
    case 0:
        text = getenv("SPOT_DATA");
        break;
    case 1:
        text = ".";
        break;
    case 2:
        return root_of_build(path);
    case 3:
        return beside_program(SPOT_DATA_FROM_BIN, path);
    default:
        break;
    }
    int length = text != NULL && text[0] != '\0' ? snprintf(path, CLI_PATH_SIZE, "%s", text) : -1;
    return length > 0 && length < CLI_PATH_SIZE;
}

bool cli_check_data(void)
{
    const char *data = getenv("SPOT_DATA");
    struct stat info;
    if (data == NULL || data[0] == '\0' || (stat(data, &info) == 0 && S_ISDIR(info.st_mode))) {
        return true;
    }
    spot_print(stderr,
               "sweetspot: SPOT_DATA=%s: no such folder, expected one with tasks/, "
               "policies/ and platforms/\n",
               data);
    return false;
}

/* The folders of a kind that were looked into, for a message. */
static void print_places(const kind *k)
{
    char base[CLI_PATH_SIZE];
    const char *before = "; looked in";
    for (int i = 0; i < ROOTS; i++) {
        if (root(i, base)) {
            spot_print(stderr, "%s %s/%s", before, base, k->folder);
            before = ",";
        }
    }
}

static bool is_file(const char *path, const char *probe)
{
    char text[CLI_PATH_SIZE];
    struct stat info;
    int length = snprintf(text, sizeof(text), "%s%s", path, probe != NULL ? probe : "");
    return length > 0 && (size_t)length < sizeof(text) && stat(text, &info) == 0 &&
           S_ISREG(info.st_mode);
}

static bool resolve_path(const kind *k, const char *name, char *path, size_t size)
{
    const char *const tails[] = {"", k->suffix};
    for (int i = 0; i < 2; i++) {
        int length = snprintf(path, size, "%s%s", name, tails[i]);
        if (length > 0 && (size_t)length < size && is_file(path, k->probe)) {
            return true;
        }
    }
    return false;
}

/* A name is looked up under the roots; what is not found there, or has a slash, is a path. */
static bool resolve(const kind *k, const char *name, char *path, size_t size)
{
    char base[CLI_PATH_SIZE];
    for (int i = 0; i < ROOTS && strchr(name, '/') == NULL; i++) {
        int length = root(i, base)
                         ? snprintf(path, size, "%s/%s/%s%s", base, k->folder, name, k->suffix)
                         : -1;
        if (length > 0 && (size_t)length < size && is_file(path, k->probe)) {
            return true;
        }
    }
    return resolve_path(k, name, path, size);
}

bool cli_find_data(const char *folder, const char *probe, char path[CLI_PATH_SIZE])
{
    char base[CLI_PATH_SIZE];
    for (int i = 0; i < ROOTS; i++) {
        int length = root(i, base) ? snprintf(path, CLI_PATH_SIZE, "%s/%s/", base, folder) : -1;
        if (length > 0 && length < CLI_PATH_SIZE && is_file(path, probe)) {
            path[length - 1] = '\0';
            return true;
        }
    }
    return false;
}

typedef struct names {
    char text[NAMES_MAX][NAME_SIZE];
    int count;
} names;

static void add_name(names *list, const char *name, size_t length)
{
    if (list->count == NAMES_MAX || length == 0 || length >= NAME_SIZE) {
        return;
    }
    for (int i = 0; i < list->count; i++) {
        if (strlen(list->text[i]) == length && memcmp(list->text[i], name, length) == 0) {
            return;
        }
    }
    memcpy(list->text[list->count], name, length);
    list->text[list->count++][length] = '\0';
}

static void collect(const kind *k, const char *folder_root, names *list)
{
    char folder[CLI_PATH_SIZE];
    char path[CLI_PATH_SIZE];

    int named = snprintf(folder, sizeof(folder), "%s/%s", folder_root, k->folder);
    DIR *dir = named > 0 && (size_t)named < sizeof(folder) ? opendir(folder) : NULL;
    if (dir == NULL) {
        return;
    }
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        const char *dot = k->suffix[0] == '.' ? strstr(entry->d_name, k->suffix) : NULL;
        size_t length = dot != NULL ? (size_t)(dot - entry->d_name) : strlen(entry->d_name);
        int used = snprintf(path, sizeof(path), "%s/%.*s%s", folder, (int)length, entry->d_name,
                            k->suffix);
        if (entry->d_name[0] != '.' && used > 0 && (size_t)used < sizeof(path) &&
            is_file(path, k->probe)) {
            add_name(list, entry->d_name, length);
        }
    }
    (void)closedir(dir);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static names *list_names(const kind *k)
{
    char base[CLI_PATH_SIZE];
    names *list = calloc(1, sizeof(*list));
    for (int i = 0; list != NULL && i < ROOTS; i++) {
        if (root(i, base)) {
            collect(k, base, list);
        }
    }
    if (list != NULL) {
        qsort(list->text, (size_t)list->count, sizeof(list->text[0]), compare_names);
    }
    return list;
}

void cli_each(cli_thing thing, void (*each)(void *ctx, const char *name, const char *path),
              void *ctx)
{
    names *list = list_names(&kinds[thing]);
    char path[CLI_PATH_SIZE];

    for (int i = 0; list != NULL && i < list->count; i++) {
        if (resolve(&kinds[thing], list->text[i], path, sizeof(path))) {
            each(ctx, list->text[i], path);
        }
    }
    free(list);
}

bool cli_look(cli_thing thing, const char *name, char *path, size_t size)
{
    return resolve(&kinds[thing], name, path, size);
}

/* The weights in `folder`: model.safetensors, or where there is none but an index of several files, that. */
static bool weights_in(const char *folder, char path[CLI_PATH_SIZE])
{
    static const char *const files[] = {"model.safetensors", "model.safetensors.index.json"};
    int written = -1;

    for (int i = 0; i < 2; i++) {
        written = snprintf(path, CLI_PATH_SIZE, "%s/%s", folder, files[i]);
        if (written < 0 || written >= CLI_PATH_SIZE) {
            return false;
        }
        if (access(path, F_OK) == 0) {
            return true;
        }
    }
    written = snprintf(path, CLI_PATH_SIZE, "%s/%s", folder, files[0]); /* what to miss */
    return written >= 0 && written < CLI_PATH_SIZE;
}

bool cli_look_weights(const char *model, char path[CLI_PATH_SIZE])
{
    char folder[CLI_PATH_SIZE];
    struct stat info;

    if (stat(model, &info) == 0) {
        if (S_ISDIR(info.st_mode)) {
            return weights_in(model, path);
        }
        const int written = snprintf(path, CLI_PATH_SIZE, "%s", model);
        return written >= 0 && written < CLI_PATH_SIZE;
    }
    return cli_look(CLI_POLICY, model, folder, sizeof(folder)) && weights_in(folder, path);
}

bool cli_find(cli_thing thing, const char *name, char *path, size_t size)
{
    const kind *k = &kinds[thing];
    if (resolve(k, name, path, size)) {
        return true;
    }
    names *list = list_names(k);
    const char *known[NAMES_MAX];
    for (int i = 0; list != NULL && i < list->count; i++) {
        known[i] = list->text[i];
    }
    const char *near = list != NULL ? spot_suggest(name, known, (size_t)list->count) : NULL;
    spot_print(stderr, "sweetspot: %s '%s': not found, ", k->noun, name);
    if (near != NULL) {
        spot_print(stderr, "did you mean '%s'? ", near);
    }
    spot_print(stderr, "expected a path or one of:");
    for (int i = 0; list != NULL && i < list->count; i++) {
        spot_print(stderr, "%s %s", i > 0 ? "," : "", list->text[i]);
    }
    if (list == NULL || list->count == 0) {
        spot_print(stderr, " (none found)");
    }
    print_places(k);
    spot_print(stderr, "\n");
    free(list);
    return false;
}

spot_status cli_load_tried(const char *path, spot_task **task, bool *loaded, spot_diag *diag)
{
    spot_status st = spot_task_load(path, NULL, task, diag);
    *loaded = st == SPOT_OK;
    if (st == SPOT_OK) {
        st = spot_task_admit(*task, diag);
    }
    if (st != SPOT_OK) {
        spot_task_destroy(*task);
        *task = NULL;
    }
    return st;
}

spot_task *cli_load_task(const char *name, int *exit_code)
{
    char path[CLI_PATH_SIZE];
    spot_diag diag = {""};
    spot_task *task = NULL;

    *exit_code = CLI_USAGE;
    if (cli_find(CLI_TASK, name, path, sizeof(path))) {
        bool loaded = false;
        spot_status st = cli_load_tried(path, &task, &loaded, &diag);
        *exit_code = st == SPOT_OK ? CLI_OK
                     : loaded      ? cli_fail("task", st, &diag)
                                   : cli_refuse("task", st, &diag);
    }
    return task;
}

spot_policy *cli_load_policy(const char *name, int *exit_code)
{
    char path[CLI_PATH_SIZE];
    spot_diag diag = {""};
    spot_policy *policy = NULL;

    *exit_code = CLI_USAGE;
    if (cli_find(CLI_POLICY, name, path, sizeof(path))) {
        spot_status st = spot_policy_load(path, NULL, &policy, &diag);
        *exit_code = st == SPOT_OK ? CLI_OK : cli_refuse("policy", st, &diag);
    }
    return policy;
}

/* Whether an address is one of the network, not a file that is not there. */
static bool is_server(const char *address)
{
    static const char file[] = "remote:";
    return strncmp(address, "ws://", 5) == 0 || strncmp(address, "wss://", 6) == 0 ||
           (strncmp(address, file, sizeof(file) - 1) == 0 &&
            is_file(address + sizeof(file) - 1, NULL));
}

void cli_note_seeds(const char *verb, const spot_task *task, double noise, int n_seeds)
{
    const char *seeds = spot_task_describe(task)->seeds;
    if (seeds == NULL || n_seeds < 2) {
        return;
    }
    if (noise > 0.0) {
        spot_print(stderr, "sweetspot %s: note: seeds differ by %s\n", verb, seeds);
    } else {
        spot_print(
            stderr,
            "sweetspot %s: warning: without noise the world is the same at each of %d seeds: "
            "unless policy or latency draw, one episode counts %d times in all intervals and "
            "tests\n",
            verb, n_seeds, n_seeds);
    }
}

bool cli_load_brain(const char *name, const spot_task *task, spot_brain *brain, int *exit_code)
{
    char path[CLI_PATH_SIZE];
    spot_diag diag = {""};
    spot_brain_open_config config;

    spot_brain_open_config_default(&config);
    if (task != NULL) {
        const spot_task_info *info = spot_task_describe(task);
        config.obs_dim = info->dims.obs_dim;
        config.action_dim = info->dims.action_dim;
        config.instruction = info->instruction;
    }
    *exit_code = CLI_USAGE;
    const bool is_address = spot_brain_is_address(name);
    if (is_address || cli_find(CLI_POLICY, name, path, sizeof(path))) {
        spot_status st = spot_brain_open(is_address ? name : path, &config, brain, &diag);
        const bool unreachable = st == SPOT_E_IO && is_server(name);
        *exit_code = st == SPOT_OK ? CLI_OK
                     : unreachable ? cli_fail("policy", st, &diag)
                                   : cli_refuse("policy", st, &diag);
    }
    return *exit_code == CLI_OK;
}

spot_platform *cli_load_platform(const char *name, int *exit_code)
{
    char path[CLI_PATH_SIZE];
    spot_diag diag = {""};
    spot_platform *platform = NULL;

    *exit_code = CLI_USAGE;
    if (cli_find(CLI_PLATFORM, name, path, sizeof(path))) {
        spot_status st = spot_platform_load(path, NULL, &platform, &diag);
        *exit_code = st == SPOT_OK ? CLI_OK : cli_refuse("platform", st, &diag);
    }
    return platform;
}

bool cli_borrow_alphas(const char *verb, const char *name, spot_platform *platform,
                       spot_platform **alphas, int *exit_code)
{
    spot_diag diag = {""};

    *alphas = NULL;
    if (name == NULL) {
        return true;
    }
    *alphas = cli_load_platform(name, exit_code);
    if (*alphas == NULL) {
        return false;
    }
    spot_status st = spot_platform_borrow_alphas(platform, *alphas, &diag);
    if (st != SPOT_OK) {
        *exit_code = cli_refuse(verb, st, &diag);
        spot_platform_destroy(*alphas);
        *alphas = NULL;
    }
    return st == SPOT_OK;
}

bool cli_find_inputs(const char *task, const char *policy, cli_inputs *out)
{
    char dir[CLI_PATH_SIZE];
    *out = (cli_inputs){.n = 0};
    for (int i = 0; i < CLI_INPUTS_MAX; i++) {
        out->list[i] = out->paths[i];
    }
    if (!cli_find(CLI_TASK, task, out->paths[0], CLI_PATH_SIZE)) {
        return false;
    }
    out->n = 1;
    if (spot_brain_is_address(policy)) {
        return true;
    }
    if (!cli_find(CLI_POLICY, policy, dir, sizeof(dir))) {
        return false;
    }
    for (int i = 0; i < SPOT_POLICY_FILES; i++) {
        const int length =
            snprintf(out->paths[1 + i], CLI_PATH_SIZE, "%s/%s", dir, spot_policy_file(i));
        if (length < 0 || length >= CLI_PATH_SIZE) {
            return false;
        }
    }
    out->n = CLI_INPUTS_MAX;
    return true;
}

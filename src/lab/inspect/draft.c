/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * A first policy.yaml for an ONNX file (docs/bring-your-own-policy.md): names, types and shapes are the file's, roles are
 * guessed from them. A guess says so in a comment, and what a file cannot know stands there as a question.
 */
#include <inttypes.h>
#include <string.h>

#include "core/base/file.h"
#include "spot/inspect.h"

typedef enum role {
    ROLE_STATE,
    ROLE_NOISE,
    ROLE_TIME,
    ROLE_STEPS,
    ROLE_IMAGE,
    ROLE_CONSTANT,
} role;

static const char *const role_names[] = {"state", "noise", "time", "steps", "image", "constant"};

static int small(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool is_letter(char c)
{
    return small(c) >= 'a' && small(c) <= 'z';
}

/* Whether `word`, in small letters, stands at `at` and no letter behind it. */
static bool stands_at(const char *at, const char *word)
{
    for (; *word != '\0'; at++, word++) {
        if (small(*at) != *word) {
            return false;
        }
    }
    return !is_letter(*at);
}

/* Whether `name` holds one of `words` between what is no letter. */
static bool has_word(const char *name, const char *const *words)
{
    for (; *words != NULL; words++) {
        for (const char *at = name; *at != '\0'; at++) {
            if ((at == name || !is_letter(at[-1])) && stands_at(at, *words)) {
                return true;
            }
        }
    }
    return false;
}

static bool is_float(const spot_inspect_value *v)
{
    return v->dtype[0] == 'F' && v->dtype[1] != '8';
}

/* Numbers in it, the batch and what is not fixed counting as 1. */
static int64_t size_of(const spot_inspect_value *v)
{
    int64_t n = 1;
    for (size_t i = 0; i < v->n_dim; i++) {
        n = v->shape[i] > 0 && n < INT64_MAX / v->shape[i] ? n * v->shape[i] : n;
    }
    return n;
}

static bool same_rows(const spot_inspect_value *a, const spot_inspect_value *b)
{
    return a->n_dim == b->n_dim && a->n_dim >= 2 &&
           memcmp(a->shape + 1, b->shape + 1, (a->n_dim - 1) * sizeof(a->shape[0])) == 0;
}

static role guess(const spot_inspect_value *v, const spot_inspect_value *output)
{
    static const char *const noise[] = {"noise", "noisy",  "x",          "x_t",
                                        "xt",    "sample", "trajectory", NULL};
    static const char *const time[] = {"t", "time", "timestep", "timesteps", "sigma", NULL};
    static const char *const steps[] = {"steps", "num_steps", "n_steps", NULL};
    if (v->n_dim == 4 && (v->shape[1] == 3 || v->shape[3] == 3)) {
        return ROLE_IMAGE;
    }
    if (size_of(v) == 1 && has_word(v->name, steps)) {
        return ROLE_STEPS;
    }
    if (size_of(v) == 1 && has_word(v->name, time)) {
        return ROLE_TIME;
    }
    if (is_float(v) && (has_word(v->name, noise) || (output != NULL && same_rows(v, output)))) {
        return ROLE_NOISE;
    }
    return is_float(v) ? ROLE_STATE : ROLE_CONSTANT;
}

/* In double quotes, as YAML reads them back. */
static void put_name(FILE *out, const char *name)
{
    (void)fputc('"', out);
    for (const char *c = name; *c != '\0'; c++) {
        const unsigned char byte = (unsigned char)*c;
        if (byte < 0x20U || byte == 0x7fU) {
            (void)fprintf(out, "\\x%02x", byte);
        } else {
            (void)fprintf(out, byte == '"' || byte == '\\' ? "\\%c" : "%c", byte);
        }
    }
    (void)fputc('"', out);
}

/* The sizes that the file fixes are said; the batch is 1; others are asked for. */
static void put_shape(FILE *out, const spot_inspect_value *v)
{
    bool asks = false;
    bool open = false;
    for (size_t i = 0; i < v->n_dim; i++) {
        open = open || v->shape[i] < 0;
        asks = asks || (v->shape[i] < 0 && i > 0);
    }
    if (!open) {
        return;
    }
    (void)fputs("    shape: [", out);
    for (size_t i = 0; i < v->n_dim; i++) {
        (void)fprintf(out, "%s%" PRId64, i > 0 ? ", " : "", v->shape[i] < 0 ? 1 : v->shape[i]);
    }
    (void)fputs(
        asks ? "]   # TODO: sizes of 1 behind the first are not fixed by the file\n" : "]\n", out);
}

static void put_input(FILE *out, const spot_inspect_value *v, role r)
{
    (void)fputs("  - name: ", out);
    put_name(out, v->name);
    (void)fprintf(out, "\n    role: %s   # guessed from its name, %s and shape\n", role_names[r],
                  v->dtype);
    put_shape(out, v);
    if (r == ROLE_STATE) {
        (void)fputs(
            "    # normalise: {file: stats.json, key: obs}   # or {mean: [...], std: [...]}\n",
            out);
    } else if (r == ROLE_IMAGE) {
        (void)fprintf(out, "    image: {layout: %s, values: %s}\n",
                      v->shape[1] == 3 ? "chw" : "hwc", is_float(v) ? "unit" : "bytes");
    } else if (r == ROLE_CONSTANT) {
        (void)fputs("    values: [0]   # TODO: what it is always given, a number for each or one\n",
                    out);
    }
}

static void put_rest(FILE *out, const spot_inspect_value *output, bool has_time, bool has_steps)
{
    if (output != NULL) {
        (void)fputs("output:\n  name: ", out);
        put_name(out, output->name);
        (void)fputs("   # its last two sizes are actions x entries\n", out);
    } else {
        (void)fputs("output: {name: TODO}   # the file declares none\n", out);
    }
    if (has_time) {
        (void)fputs(
            "loop: {rule: flow, time: [0, 1]}   # guessed: one call is one step, and sweetspot "
            "runs them; or rule: ddim\n",
            out);
    }
    if (has_time || has_steps) {
        (void)fputs("steps: 10   # TODO: refinement steps of the baseline\n", out);
    }
    (void)fputs("action:\n"
                "  convention: task   # TODO: task, relative, absolute or delta\n"
                "  # denormalise: {file: stats.json, key: action}\n"
                "  # gripper: {entry: 4, open_above: 0}\n",
                out);
}

static void put_all(FILE *out, const spot_inspect *file, const char *model)
{
    spot_inspect_value v;
    spot_inspect_value output;
    bool has_output = false;
    bool has_time = false;
    bool has_steps = false;

    for (size_t i = 0; spot_inspect_value_at(file, i, &v) == SPOT_OK; i++) {
        if (v.is_output && !has_output) {
            output = v;
            has_output = true;
        }
    }
    (void)fputs("# A draft: check each guess, answer each TODO. The keys: "
                "docs/bring-your-own-policy.md\nmodel: ",
                out);
    put_name(out, model);
    (void)fputs("\ninputs:\n", out);
    for (size_t i = 0; spot_inspect_value_at(file, i, &v) == SPOT_OK && !v.is_output; i++) {
        const role r = guess(&v, has_output ? &output : NULL);
        put_input(out, &v, r);
        has_time = has_time || r == ROLE_TIME;
        has_steps = has_steps || r == ROLE_STEPS;
    }
    put_rest(out, has_output ? &output : NULL, has_time, has_steps);
}

spot_status spot_inspect_draft(const spot_inspect *file, const char *model, const char *path,
                               spot_diag *diag)
{
    spoti_file to = {.stream = NULL};
    if (file == NULL || model == NULL || path == NULL) {
        return SPOT_E_INVALID;
    }
    if (spot_inspect_value_count(file) == 0) {
        return spot_diag_set(diag, SPOT_E_UNSUPPORTED,
                             "%s: declares no inputs and outputs, expected an ONNX model", model);
    }
    spot_status st = spoti_file_begin(&to, path, diag);
    if (st == SPOT_OK) {
        put_all(to.stream, file, model);
        st = spoti_file_commit(&to, diag);
    }
    return st;
}

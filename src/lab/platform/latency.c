/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Latencies that a platform profile gives: of a row, of the law through the rows, of a variant. */
#include <string.h>

#include "core/base/show.h"
#include "core/base/text.h"
#include "lab/platform/platform.h"
#include "runtime/point/numeric.h"

/* The class of the very policy that was measured. */
static const char SELF[] = "self";

static const spoti_model_class *find_class(const spot_platform *platform, const char *name)
{
    for (int i = 0; i < platform->n_classes; i++) {
        if (strcmp(platform->classes[i].name, name) == 0) {
            return &platform->classes[i];
        }
    }
    return NULL;
}

static spot_status say_classes(const spot_platform *platform, const char *name, spot_diag *diag)
{
    char list[SPOT_DIAG_TEXT_SIZE] = "";
    char hint[SPOTI_HINT_SIZE];
    const char *known[SPOTI_CLASSES_MAX];
    for (int i = 0; i < platform->n_classes; i++) {
        size_t used = strlen(list);
        (void)spoti_format(list + used, sizeof(list) - used, "%s%s", i > 0 ? ", " : "",
                           platform->classes[i].name);
        known[i] = platform->classes[i].name;
    }
    spoti_hint(hint, name, known, (size_t)platform->n_classes);
    return spot_diag_set(diag, SPOT_E_NOT_FOUND,
                         "platform %s has no class %s, expected one of: %s%s", platform->name, name,
                         list, hint);
}

/* The latency of `c` by its affine law. */
static spot_status latency_of_law(const spot_platform *platform, const spoti_model_class *c,
                                  int steps, spot_latency *out, spot_diag *diag)
{
    if (!c->has_law) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "class %s is known at steps %d alone, expected that instead of %d",
                             c->name, c->rows[0].steps, steps);
    }
    out->mean_s = c->base_s + c->per_step_s * steps;
    if (!(out->mean_s >= 0.0)) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "platform %s, class %s: the law through its %d rows gives %.4g ms at "
                             "steps %d, expected a row for these steps, or rows measured while the "
                             "machine does nothing else",
                             platform->name, c->name, c->n_rows, 1e3 * out->mean_s, steps);
    }
    if (c->n_rows == 0) {
        out->spread_s = c->spread_s;
        out->origin = c->origin;
        (void)spoti_copy(out->source, sizeof(out->source), c->source);
    } else {
        out->spread_s = c->spread_frac * out->mean_s;
        out->origin = SPOT_ORIGIN_MODELLED;
        (void)spoti_format(out->source, sizeof(out->source), "affine law through %d rows: %s",
                           c->n_rows, c->source);
    }
    return SPOT_OK;
}

spot_status spot_platform_latency(const spot_platform *platform, const char *class_name, int steps,
                                  spot_latency *out, spot_diag *diag)
{
    if (platform == NULL || class_name == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    memset(out, 0, sizeof(*out));
    const spoti_model_class *c = find_class(platform, class_name);
    if (c == NULL) {
        return say_classes(platform, class_name, diag);
    }
    if (steps < 1) {
        return spot_diag_set(diag, SPOT_E_RANGE, "steps is %d, expected at least 1", steps);
    }
    for (int i = 0; i < c->n_rows; i++) {
        if (c->rows[i].steps == steps) {
            out->mean_s = c->rows[i].mean_s;
            out->spread_s = c->rows[i].spread_s;
            out->origin = c->origin;
            (void)spoti_copy(out->source, sizeof(out->source), c->source);
            return SPOT_OK;
        }
    }
    return latency_of_law(platform, c, steps, out, diag);
}

/* `class_name@variant`; false if it is too long. */
static bool name_variant(const char *class_name, const char *variant,
                         char name[SPOT_PLATFORM_NAME_SIZE])
{
    return spoti_format(name, SPOT_PLATFORM_NAME_SIZE, "%s%s%s", class_name,
                        variant[0] != '\0' ? "@" : "", variant);
}

/* The class's latency times what the variant saved where the policy itself was measured. Where the platform
 * knows the class at the point's precision, that is what the rest of the variant scales. */
static spot_status scaled_latency(const spot_platform *platform, const char *class_name,
                                  const char *variant, const spot_point *point, spot_latency *out,
                                  spot_diag *diag)
{
    const spot_platform *alphas = platform->alphas;
    const int steps = point->steps;
    char name[SPOT_PLATFORM_NAME_SIZE];
    char from[SPOT_PLATFORM_NAME_SIZE];
    char self_from[SPOT_PLATFORM_NAME_SIZE];
    spot_latency full;
    spot_latency cheaper;

    if (!name_variant(SELF, variant, name) || !name_variant(class_name, point->quant, from)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "class %s@%s: expected at most %d characters",
                             SELF, variant, SPOT_PLATFORM_NAME_SIZE - 1);
    }
    const bool known = find_class(platform, from) != NULL;
    (void)name_variant(SELF, known ? point->quant : "", self_from);
    spot_status st = spot_platform_latency(platform, known ? from : class_name, steps, out, diag);
    if (st == SPOT_OK) {
        st = spot_platform_latency(alphas, self_from, steps, &full, diag);
    }
    if (st == SPOT_OK) {
        st = spot_platform_latency(alphas, name, steps, &cheaper, diag);
    }
    if (st != SPOT_OK) {
        return st;
    }
    if (!(full.mean_s > 0.0)) {
        return spot_diag_set(diag, SPOT_E_RANGE,
                             "class %s of platform %s at steps %d takes no time, expected more",
                             self_from, alphas->name, steps);
    }
    const double alpha = cheaper.mean_s / full.mean_s;
    out->mean_s *= alpha;
    out->spread_s *= alpha;
    out->origin = SPOT_ORIGIN_MODELLED;
    (void)spoti_format(out->source, sizeof(out->source),
                       "%.40s here * %.4f, what %.50s takes of %.30s on %.40s",
                       known ? from : class_name, alpha, name, self_from, alphas->name);
    return SPOT_OK;
}

/* Numeric bits B are charged B / 32 of what the point takes in fp32: an inference whose work is in proportion to
 * the bits of its weights. */
static spot_status numeric_latency(const spot_platform *platform, const char *class_name,
                                   const spot_point *point, spot_latency *out, spot_diag *diag)
{
    spot_point full = *point;
    spot_latency whole = {.mean_s = 0.0};
    spoti_numeric numeric = {0};
    spot_status st = spoti_numeric_parse(point->quant, &numeric, diag);

    full.quant[0] = '\0';
    if (st == SPOT_OK) {
        st = spot_platform_point_latency(platform, class_name, &full, &whole, diag);
    }
    if (st != SPOT_OK) {
        return st;
    }
    const double share = (double)numeric.bits / SPOTI_NUMERIC_BITS_FULL;
    out->mean_s = share * whole.mean_s;
    out->spread_s = share * whole.spread_s;
    out->origin = SPOT_ORIGIN_MODELLED;
    (void)spoti_format(out->source, sizeof(out->source), "numeric, %d/%d of fp32: %.150s",
                       numeric.bits, SPOTI_NUMERIC_BITS_FULL, whole.source);
    return SPOT_OK;
}

spot_status spot_platform_point_latency(const spot_platform *platform, const char *class_name,
                                        const spot_point *point, spot_latency *out, spot_diag *diag)
{
    char name[SPOT_PLATFORM_NAME_SIZE];
    char variant[SPOT_POINT_TEXT_SIZE];

    if (platform == NULL || class_name == NULL || point == NULL || out == NULL) {
        return SPOT_E_INVALID;
    }
    if (spoti_numeric_is(point->quant)) {
        return numeric_latency(platform, class_name, point, out, diag);
    }
    spot_point_variant(point, variant, sizeof(variant));
    if (!name_variant(class_name, variant, name)) {
        return spot_diag_set(diag, SPOT_E_RANGE, "class %s@%s: expected at most %d characters",
                             class_name, variant, SPOT_PLATFORM_NAME_SIZE - 1);
    }
    if (platform->alphas != NULL && find_class(platform, name) == NULL) {
        return scaled_latency(platform, class_name, variant, point, out, diag);
    }
    return spot_platform_latency(platform, name, point->steps, out, diag);
}

spot_status spot_platform_borrow_alphas(spot_platform *platform, const spot_platform *measured,
                                        spot_diag *diag)
{
    if (platform == NULL) {
        return SPOT_E_INVALID;
    }
    if (measured != NULL && find_class(measured, SELF) == NULL) {
        return say_classes(measured, SELF, diag);
    }
    platform->alphas = measured;
    return SPOT_OK;
}

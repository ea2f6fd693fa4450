/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Files of network links. */
#include <string.h>

#include "core/base/text.h"
#include "lab/plan/plan.h"
#include "lab/platform/planning.h"
#include "runtime/file/yaml.h"

typedef struct raw_link {
    char *name, *description;
    double bandwidth_bit_s, latency_s, radio_w;
    spoti_raw_figure *figures;
    uint64_t figures_count;
} raw_link;

/* clang-format off */
static const cyaml_schema_field_t LINK_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("name", CYAML_FLAG_POINTER, raw_link, name, 1, SPOT_PLAN_NAME_SIZE - 1),
    CYAML_FIELD_STRING_PTR("description", CYAML_FLAG_POINTER, raw_link, description,
                           1, SPOT_PLAN_SOURCE_SIZE - 1),
    CYAML_FIELD_FLOAT("bandwidth_bit_s", CYAML_FLAG_DEFAULT, raw_link, bandwidth_bit_s),
    CYAML_FIELD_FLOAT("latency_s", CYAML_FLAG_DEFAULT, raw_link, latency_s),
    CYAML_FIELD_FLOAT("radio_w", CYAML_FLAG_DEFAULT, raw_link, radio_w),
    CYAML_FIELD_SEQUENCE("figures", CYAML_FLAG_POINTER, raw_link, figures, &spoti_figure_schema,
                         1, SPOT_PLATFORM_FIGURES_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t LINK = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_link, LINK_FIELDS),
};
/* clang-format on */

/* A second for a packet is a satellite beyond the moon; a link slower than a modem's is one in Mbit/s. */
static const double LATENCY_MAX_S = 10.0;
static const double BANDWIDTH_MIN_BIT_S = 1000.0;
static const double BANDWIDTH_MAX_BIT_S = 1e13;

static spot_status check_link(const char *path, const raw_link *raw, spot_diag *diag)
{
    if (!(raw->bandwidth_bit_s >= BANDWIDTH_MIN_BIT_S &&
          raw->bandwidth_bit_s <= BANDWIDTH_MAX_BIT_S)) {
        return spot_diag_set(
            diag, SPOT_E_FORMAT, "%s:%d: bandwidth_bit_s is %g, expected 1e3..1e13 bit/s%s", path,
            spoti_yaml_line_at(path, "bandwidth_bit_s"), raw->bandwidth_bit_s,
            raw->bandwidth_bit_s > 0.0 && raw->bandwidth_bit_s < BANDWIDTH_MIN_BIT_S
                ? " (is it in Mbit/s?)"
                : "");
    }
    if (!(raw->latency_s >= 0.0 && raw->latency_s <= LATENCY_MAX_S)) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: latency_s is %g, expected 0..%g s%s",
                             path, spoti_yaml_line_at(path, "latency_s"), raw->latency_s,
                             LATENCY_MAX_S,
                             raw->latency_s > LATENCY_MAX_S ? " (is it in ms?)" : "");
    }
    if (!(raw->radio_w >= 0.0 && raw->radio_w <= 1000.0)) {
        return spot_diag_set(diag, SPOT_E_FORMAT, "%s:%d: radio_w is %g, expected 0..1000 W", path,
                             spoti_yaml_line_at(path, "radio_w"), raw->radio_w);
    }
    return SPOT_OK;
}

spot_status spot_plan_link_load(const char *path, spot_plan_link *link, spot_diag *diag)
{
    static const char *const names[] = {"bandwidth_bit_s", "latency_s", "radio_w"};
    static const bool is_there[] = {true, true, true};
    const spoti_figure_keys keys = {names, is_there, 3};
    void *data = NULL;

    if (path == NULL || link == NULL) {
        return SPOT_E_INVALID;
    }
    memset(link, 0, sizeof(*link));
    spot_status st = spoti_yaml_load(path, &LINK, &data, diag);
    if (st != SPOT_OK) {
        return st;
    }
    const raw_link *raw = data;
    st = check_link(path, raw, diag);
    if (st == SPOT_OK) {
        st = spoti_figures_take(path, spoti_yaml_line_at(path, "figures"), raw->figures,
                                raw->figures_count, &keys, link->figure, diag);
    }
    if (st == SPOT_OK) {
        (void)spoti_copy(link->name, sizeof(link->name), raw->name);
        (void)spoti_copy(link->description, sizeof(link->description), raw->description);
        link->link = (spot_coinfer_link){raw->bandwidth_bit_s, raw->latency_s, raw->radio_w};
        link->n_figure = (int)raw->figures_count;
    }
    spoti_yaml_free(&LINK, data);
    return st;
}

/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Plans of precisions from YAML files. */
#include "runtime/policy/tiers_file.h"

#include <string.h>

#include "core/base/text.h"
#include "runtime/file/yaml.h"

/* Far more rules than there are sites in thirds. */
enum { RULES_MAX = 256 };

typedef struct raw_rule {
    char *match;
    int bits;
} raw_rule;

typedef struct raw_plan {
    int bits;
    int *group; /* NULL = the default */
    raw_rule *sites;
    uint64_t sites_count;
} raw_plan;

/* clang-format off */
static const cyaml_schema_field_t RULE_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("match", CYAML_FLAG_POINTER, raw_rule, match, 0, 255),
    CYAML_FIELD_INT("bits", CYAML_FLAG_DEFAULT, raw_rule, bits),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t RULE = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_rule, RULE_FIELDS),
};
static const cyaml_schema_field_t PLAN_FIELDS[] = {
    CYAML_FIELD_INT("bits", CYAML_FLAG_DEFAULT, raw_plan, bits),
    CYAML_FIELD_INT_PTR("group", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_plan, group),
    CYAML_FIELD_SEQUENCE_COUNT("sites", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, raw_plan, sites,
                               sites_count, &RULE, 0, RULES_MAX),
    CYAML_FIELD_END,
};
static const cyaml_schema_value_t PLAN = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_plan, PLAN_FIELDS),
};
/* clang-format on */

static spot_status apply(const char *path, const raw_plan *raw, spoti_plan *plan, spot_diag *diag)
{
    spot_diag inner = {""};
    int line = spoti_yaml_line_of(path, "bits", 1);
    spot_status st = SPOT_OK;

    /* A pattern that cannot fail checks the bits. */
    spoti_plan_fill(plan, raw->bits);
    st = spoti_plan_set(plan, "*", raw->bits, &inner);
    if (st == SPOT_OK && raw->group != NULL) {
        plan->group = *raw->group;
        if (plan->group != 32 && plan->group != 64 && plan->group != 128) {
            line = spoti_yaml_line_of(path, "group", 1);
            (void)spot_diag_set(&inner, SPOT_E_RANGE, "group: %d, expected 32, 64 or 128",
                                plan->group);
            st = SPOT_E_RANGE;
        }
    }
    for (uint64_t i = 0; i < raw->sites_count && st == SPOT_OK; i++) {
        line = spoti_yaml_line_of(path, "match", i == 0 ? 1 : line + 1);
        st = spoti_plan_set(plan, raw->sites[i].match, raw->sites[i].bits, &inner);
    }
    if (st != SPOT_OK) {
        return spot_diag_set(diag, st, "%s:%d: %s", path, line, inner.text);
    }
    return SPOT_OK;
}

spot_status spoti_plan_load(const char *path, spoti_plan *plan, spot_diag *diag)
{
    void *data = NULL;
    spoti_plan read;
    spot_status st = spoti_yaml_load(path, &PLAN, &data, diag);

    if (st != SPOT_OK) {
        return st;
    }
    st = apply(path, data, &read, diag);
    spoti_yaml_free(&PLAN, data);
    if (st == SPOT_OK) {
        *plan = read;
    }
    return st;
}

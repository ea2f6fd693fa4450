/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* Operating points: a text is refused with a reason and changes nothing, or it says the same once it
 * was printed and read again; and what it says of pruning and of the past is refused or in range. */
#include <string.h>

#include "core/base/text.h"
#include "runtime/policy/dit_history.h"
#include "runtime/policy/prune.h"
#include "spot/point.h"
#include "support/spot_fuzz.h"

static bool same(const spot_point *a, const spot_point *b)
{
    return a->steps == b->steps && a->overlap == b->overlap && a->align == b->align &&
           strcmp(a->quant, b->quant) == 0 && strcmp(a->prune, b->prune) == 0 &&
           strcmp(a->kv, b->kv) == 0;
}

static void check_prune(const char *text)
{
    spot_diag diag = {.text = ""};
    spoti_prune prune;
    const spot_status st = spoti_prune_parse(text, &prune, &diag);

    if (st != SPOT_OK) {
        expect(st == SPOT_E_FORMAT && strncmp(diag.text, "prune: '", 8) == 0);
    } else if (prune.kind == SPOTI_PRUNE_WEIGHTS || prune.kind == SPOTI_PRUNE_UNITS) {
        expect(prune.fraction > 0.0 && prune.fraction <= 0.95);
        for (size_t hidden = 1; hidden < 40; hidden++) {
            expect(prune.kind == SPOTI_PRUNE_WEIGHTS ||
                   spoti_prune_units_left(hidden, prune.fraction) >= 1);
        }
    }
}

static void check_window(const char *text)
{
    static const size_t most[][SPOTI_PAST_KINDS] = {{1, 1}, {6, 1024}};

    for (size_t i = 0; i < 2; i++) {
        spot_diag diag = {.text = ""};
        size_t window[SPOTI_PAST_KINDS] = {0};
        const spot_status st = spoti_dit_window_read(text, most[i], window, &diag);

        if (st == SPOT_OK) {
            expect(window[0] <= most[i][0] && window[1] <= most[i][1]);
        } else {
            expect(st == SPOT_E_FORMAT || st == SPOT_E_RANGE);
            expect(strncmp(diag.text, "kv: '", 5) == 0);
        }
    }
}

static void check_point(const spot_point *point)
{
    char text[SPOT_POINT_TEXT_SIZE];
    char variant[SPOT_POINT_TEXT_SIZE];
    spot_point shown = *point;
    spot_point again;

    spot_point_format(point, text, sizeof text);
    expect(strlen(text) + 1 < sizeof text); /* not cut off */
    spot_point_default(&again);
    expect(spot_point_parse(text, &again, NULL) == SPOT_OK);
    shown.align = point->overlap > 0 ? point->align : SPOT_ALIGN_NONE; /* means nothing without */
    expect(same(&again, &shown));
    spot_point_variant(point, variant, sizeof variant);
    expect(strlen(variant) + 1 < sizeof variant);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    spot_point before;
    spot_point point;
    spot_diag diag = {.text = ""};
    char text[512];

    (void)spoti_copy_n(text, sizeof text, (const char *)data, size);
    spot_point_default(&before);
    point = before;

    const spot_status st = spot_point_parse(text, &point, &diag);

    if (st != SPOT_OK) {
        expect(st == SPOT_E_FORMAT || st == SPOT_E_RANGE);
        expect(strstr(diag.text, "expected") != NULL && same(&point, &before));
    } else {
        check_point(&point);
        check_prune(point.prune);
        check_window(point.kv);
    }
    /* the bytes themselves too: a caller of the library may hand over any text */
    check_prune(text);
    check_window(text);
    return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * Any bytes as a record: refused with a reason, or written and read again it is the same, in both dialects, with no
 * more memory than the bytes account for.
 *
 * corpus_record/ was written by Python's msgpack with openpi's and vla-eval's wrappers, and by hand.
 */
#include <string.h>

#include "runtime/net/record.h"
#include "support/spot_fuzz.h"
#include "support/spot_test.h"

/* Values take a byte of the frame each at least; the room doubles; a first room of 16. */
static void expect_bounded(const spot_test_allocator *mem, size_t size)
{
    const size_t n = 2 * (2 * size + 16); /* the old block and the new one, while it grows */

    expect(mem->bytes_peak <= n * sizeof(spoti_value));
}

static void expect_same_again(const spoti_record *record, spoti_dialect dialect)
{
    spoti_bytes once = {.allocator = NULL};
    spoti_bytes twice = {.allocator = NULL};
    spoti_record again = {.allocator = NULL};
    spot_diag diag = {""};

    expect(spoti_record_encode(record, dialect, &once, &diag) == SPOT_OK);
    expect(spoti_record_decode(&again, "again", once.data, once.size, &diag) == SPOT_OK);
    expect(again.n_value == record->n_value);
    expect(spoti_record_encode(&again, dialect, &twice, &diag) == SPOT_OK);
    expect(once.size == twice.size && memcmp(once.data, twice.data, once.size) == 0);
    spoti_record_fini(&again);
    spoti_bytes_fini(&once);
    spoti_bytes_fini(&twice);
}

/* Every way of reading a value, for the sanitizers. */
static void read_all(const spoti_record *record)
{
    float out[64];
    char text[64];
    int64_t i = 0;
    double f = 0;
    size_t got[SPOTI_NET_DIMS];
    const size_t any[SPOTI_NET_DIMS] = {0};

    for (size_t v = 0; v < record->n_value; v++) {
        const spoti_value *value = &record->values[v];
        (void)spoti_value_to_int(value, "x", &i, NULL);
        (void)spoti_value_to_double(value, "x", &f, NULL);
        (void)spoti_value_to_text(value, "x", text, sizeof text, NULL);
        (void)spoti_value_to_floats(value, "x", 1, any, out, 64, got, NULL);
        (void)spoti_value_to_floats(value, "x", 2, any, out, 64, got, NULL);
        (void)spoti_value_find(value, "actions");
        expect(spoti_value_kind_str(value) != NULL);
        expect(value->n_value >= 1 && v + value->n_value <= record->n_value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    spot_test_allocator mem;
    const spot_allocator allocator = spot_test_failing_allocator(&mem, -1);
    spoti_record record = {.allocator = &allocator};
    spoti_record copy = {.allocator = NULL};
    spot_diag diag = {""};

    const spot_status st = spoti_record_decode(&record, "fuzz", data, size, &diag);
    expect_bounded(&mem, size);
    if (st != SPOT_OK) {
        expect(diag.text[0] != '\0' && record.n_value == 0);
    } else {
        read_all(&record);
        expect_same_again(&record, SPOTI_DIALECT_OPENPI);
        expect_same_again(&record, SPOTI_DIALECT_VLA_EVAL);
        expect(spoti_record_copy(&copy, &record) == SPOT_OK);
        read_all(&copy);
        expect_same_again(&copy, SPOTI_DIALECT_OPENPI);
    }
    spoti_record_fini(&copy);
    spoti_record_fini(&record);
    return 0;
}

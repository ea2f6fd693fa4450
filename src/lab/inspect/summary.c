/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* What the tensors of a model are all together. */
#include <string.h>

#include "core/base/text.h"
#include "spot/inspect.h"

bool spot_inspect_fits(const spot_inspect_tensor *tensor)
{
    return tensor != NULL && tensor->found == SPOT_INSPECT_FITTED &&
           tensor->ks <= SPOT_INSPECT_KS_FITS;
}

static void add(spot_inspect_total *total, const spot_inspect_tensor *tensor)
{
    total->n_tensor++;
    total->n_element += tensor->n_element;
    total->n_byte += tensor->n_byte;
}

spot_status spot_inspect_add(spot_inspect_summary *summary, const spot_inspect_tensor *tensor)
{
    int i = 0;

    if (summary == NULL || tensor == NULL) {
        return SPOT_E_INVALID;
    }
    while (i < summary->n_dtype && strcmp(summary->dtypes[i].dtype, tensor->dtype) != 0) {
        i++;
    }
    if (i == SPOT_INSPECT_DTYPES_MAX) {
        return SPOT_E_RANGE;
    }
    if (i == summary->n_dtype) {
        summary->dtypes[i] = (spot_inspect_total){.n_tensor = 0};
        (void)spoti_copy(summary->dtypes[i].dtype, sizeof(summary->dtypes[i].dtype), tensor->dtype);
        summary->n_dtype++;
    }
    add(&summary->dtypes[i], tensor);
    add(&summary->all, tensor);
    summary->n_fitted += tensor->found == SPOT_INSPECT_FITTED;
    summary->n_fits += spot_inspect_fits(tensor);
    return SPOT_OK;
}

/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include "lab/study/keeper.h"

#include "core/base/clock.h"

/* How long finished episodes wait to be kept: to be sure of the disk takes some ms. */
static const double KEEP_EVERY_S = 0.5;

spot_status spoti_keeper_flush(spoti_keeper *keeper, spot_diag *diag)
{
    spot_status st = SPOT_OK;
    if (keeper->n_waiting > 0) {
        st = keeper->store.ops->put(keeper->store.self, keeper->i, keeper->waiting,
                                    keeper->n_waiting, diag);
        keeper->n_waiting = 0;
        keeper->put_s = spoti_now_s();
    }
    return st;
}

spot_status spoti_keeper_keep(void *keeper, int64_t index, const spot_episode *episode,
                              spot_diag *diag)
{
    spoti_keeper *k = (spoti_keeper *)keeper;
    (void)index;
    if (episode->lost) {
        return SPOT_OK;
    }
    k->waiting[k->n_waiting++] = *episode;
    return spoti_now_s() - k->put_s >= KEEP_EVERY_S ? spoti_keeper_flush(k, diag) : SPOT_OK;
}

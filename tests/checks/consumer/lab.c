/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include <spot/spot.h>

int main(void)
{
    /* linked against everything; a task that does not exist is refused, not crashed on */
    spot_task *task = 0;
    return spot_task_load("no/such/task.yaml", 0, &task, 0) != SPOT_OK ? 0 : 1;
}

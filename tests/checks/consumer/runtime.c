/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
#include <spot/point.h>

int main(void)
{
    spot_point point;
    spot_point_default(&point);
    return spot_point_parse("steps=5", &point, 0) == SPOT_OK && point.steps == 5 ? 0 : 1;
}

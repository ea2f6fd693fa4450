/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The whole public API. A robot's program may include single modules instead. */
#ifndef SPOT_SPOT_H
#define SPOT_SPOT_H

#include "spot/alloc.h"
#include "spot/analyze.h"
#include "spot/bench.h"
#include "spot/coinfer.h"
#include "spot/demo.h"
#include "spot/exec.h"
#include "spot/inspect.h"
#include "spot/platform.h"
#include "spot/point.h"
#include "spot/policy.h"
#include "spot/record.h"
#include "spot/render.h"
#include "spot/report.h"
#include "spot/report_analysis.h"
#include "spot/report_bench.h"
#include "spot/report_rollout.h"
#include "spot/rng.h"
#include "spot/rollout.h"
#include "spot/show.h"
#include "spot/stats.h"
#include "spot/stats_dist.h"
#include "spot/stats_fit.h"
#include "spot/stats_many.h"
#include "spot/stats_paired.h"
#include "spot/stats_power.h"
#include "spot/stats_race.h"
#include "spot/stats_tests.h"
#include "spot/status.h"
#include "spot/task.h"
#include "spot/tised.h"
#include "spot/tised_optimum.h"
#include "spot/tised_shift.h"
#include "spot/trial.h"
#include "spot/tune.h"
#include "spot/version.h"
#include "spot/world.h"

#endif

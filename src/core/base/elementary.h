/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/*
 * exp, log, sin, cos and atan2 with the same bytes on every CPU.
 *
 * The C library chooses among variants of these by the CPU, and their last bits differ. Whatever decides an episode
 * (random numbers, observations, the modulation of networks) therefore comes from here: sums, products, divisions,
 * square roots and `fma` of IEEE 754, one after the other. Errors are below 2 ulp (of sin and cos for |x| <= 1e5, and
 * apart from where they cross 0). NaN gives NaN. For float32 in kernels: runtime/nn/elementary.h.
 */
#ifndef SPOTI_ELEMENTARY_H
#define SPOTI_ELEMENTARY_H

double spoti_exp(double x); /* infinity above 709.8, 0 below -745.2 */
double spoti_log(double x); /* x > 0 and finite; else NaN, -infinity at 0, infinity at infinity */
double spoti_sin(double x); /* |x| <= 2^30; else NaN */
double spoti_cos(double x); /* as above */
double spoti_atan2(double y, double x); /* -pi..pi; 0 at the origin whatever the signs */
double spoti_acos(double x);            /* 0..pi; |x| <= 1, else NaN */

#endif

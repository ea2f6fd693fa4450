# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""The C library as ctypes sees it. Written by generate.py from include/spot; not to be edited."""
from ctypes import (CFUNCTYPE, POINTER, Structure, c_bool, c_char, c_char_p, c_double, c_float, c_int, c_int64,
                    c_size_t, c_uint, c_uint8, c_uint64, c_void_p)

SPOT_ALIGN_NONE = 0
SPOT_ALIGN_SKIP = 1
SPOT_ANALYZE_AUTO = 0
SPOT_ANALYZE_DYNAMIC = 2
SPOT_ANALYZE_GOAL_ENERGY = 1
SPOT_ANALYZE_GOAL_REGIME = 0
SPOT_ANALYZE_STATIC = 1
SPOT_CLOCK_EXACT = 0
SPOT_CLOCK_PAPER = 1
SPOT_COINFER_MAX_BITS = 32
SPOT_COINFER_PREFER_DELAY = 1
SPOT_COINFER_PREFER_ENERGY = 0
SPOT_DIAG_TEXT_SIZE = 512
SPOT_EXEC_NONE = 0
SPOT_EXEC_OBSERVE = 1
SPOT_E_INTERNAL = -9
SPOT_E_NOMEM = -2
SPOT_E_NOT_FOUND = -6
SPOT_E_UNSUPPORTED = -7
SPOT_GOAL_AUTO = 0
SPOT_GOAL_SUCCESS = 2
SPOT_GOAL_TIME = 1
SPOT_IMAGES_MAX = 16
SPOT_LATENCY_BY_SEED = 1
SPOT_LATENCY_IN_ORDER = 0
SPOT_MOTION_TIMING_GIVEN = 2
SPOT_MOTION_TIMING_STAMPS = 0
SPOT_OK = 0
SPOT_PLAN_SERVERS_MAX = 4
SPOT_POINT_STEPS_MAX = 100
SPOT_POLICY_FILES = 2
SPOT_REGIME_DYNAMIC = 1
SPOT_REGIME_STATIC = 0
SPOT_SCHEDULE_CADENCE = 2
SPOT_SCHEDULE_OVERLAP = 1
SPOT_SCHEDULE_SYNC = 0
SPOT_TUNE_POINTS_MAX = 256


class spot_analysis(Structure):
    pass


class spot_analysis_setting(Structure):
    pass


class spot_allocator(Structure):
    pass


spot_analysis._fields_ = [
    ("n_settings", c_int),
    ("settings", POINTER(spot_analysis_setting)),
    ("text", c_char * 4096),
    ("allocator", POINTER(spot_allocator))]
class spot_analyze_config(Structure):
    pass


spot_analyze_config._fields_ = [
    ("size", c_size_t),
    ("map", c_char_p),
    ("session", c_char_p),
    ("paired", c_bool),
    ("baseline", c_char_p),
    ("regime", c_int),
    ("goal", c_int),
    ("action_s", c_double),
    ("n_action", c_int),
    ("budget_s", c_double),
    ("effect", c_double),
    ("resamples", c_int),
    ("seed", c_uint64),
    ("allocator", POINTER(spot_allocator))]
class spot_analyze_log(Structure):
    pass


class spot_analyze_target(Structure):
    pass


class spot_platform(Structure):
    pass


spot_analyze_target._fields_ = [
    ("name", c_char_p),
    ("platform", POINTER(spot_platform)),
    ("model_class", c_char_p),
    ("t_inf_s", c_double)]
class spot_brain(Structure):
    pass


class spot_brain_ops(Structure):
    pass


spot_brain._fields_ = [("ops", POINTER(spot_brain_ops)), ("self", c_void_p)]
class spot_brain_info(Structure):
    pass


spot_brain_info._fields_ = [
    ("type", c_char * 64),
    ("task", c_char * 64),
    ("obs_dim", c_int),
    ("action_dim", c_int),
    ("horizon", c_int),
    ("default_steps", c_int),
    ("takes_noise", c_bool),
    ("remembers", c_bool),
    ("sees", c_bool),
    ("varies", c_bool),
    ("knobs", c_char_p)]
class spot_brain_open_config(Structure):
    pass


spot_brain_open_config._fields_ = [
    ("size", c_size_t),
    ("obs_dim", c_int),
    ("action_dim", c_int),
    ("instruction", c_char_p),
    ("allocator", POINTER(spot_allocator))]
class spot_diag(Structure):
    pass


class spot_brain_config(Structure):
    pass


class spot_brain_input(Structure):
    pass


class spot_inference_cost(Structure):
    pass


spot_brain_ops._fields_ = [
    ("describe", CFUNCTYPE(None, c_void_p, POINTER(spot_brain_info))),
    ("identify", CFUNCTYPE(c_int, c_void_p, c_void_p, POINTER(spot_diag))),
    ("begin", CFUNCTYPE(c_int, c_void_p, POINTER(spot_brain_config), POINTER(c_void_p), POINTER(spot_diag))),
    ("infer", CFUNCTYPE(c_int, c_void_p, POINTER(spot_brain_input), POINTER(c_float), POINTER(spot_diag))),
    ("remember", CFUNCTYPE(c_int, c_void_p, POINTER(c_float), POINTER(c_float), POINTER(spot_diag))),
    ("cost", CFUNCTYPE(c_int, c_void_p, POINTER(spot_inference_cost), POINTER(spot_diag))),
    ("forget", CFUNCTYPE(c_int, c_void_p, POINTER(spot_diag))),
    ("end", CFUNCTYPE(None, c_void_p)),
    ("close", CFUNCTYPE(None, c_void_p))]
spot_diag._fields_ = [("text", c_char * 512)]
class spot_episode(Structure):
    pass


class spot_motion_metrics(Structure):
    pass


class spot_motion_value(Structure):
    pass


spot_motion_value._fields_ = [("value", c_double), ("why", c_int)]
spot_motion_metrics._fields_ = [("n_sample", c_size_t), ("interval_s", c_double), ("values", spot_motion_value * 34)]
spot_episode._fields_ = [
    ("seed", c_uint64),
    ("success", c_bool),
    ("grade", c_int),
    ("grade_max", c_int),
    ("time_s", c_double),
    ("chunks", c_int64),
    ("inferences", c_int64),
    ("actions", c_int64),
    ("dropped", c_int64),
    ("inference_s", c_double),
    ("wait_s", c_double),
    ("delay_s", c_double),
    ("age_first_s", c_double),
    ("age_mean_s", c_double),
    ("age_max_s", c_double),
    ("path_m", c_double),
    ("motion", spot_motion_metrics),
    ("invalid", c_bool),
    ("lost", c_bool),
    ("fault", c_char * 256)]
class spot_exec(Structure):
    pass


class spot_exec_config(Structure):
    pass


spot_exec_config._fields_ = [
    ("size", c_size_t),
    ("schedule", c_int),
    ("align", c_int),
    ("n_execute", c_int),
    ("overlap", c_int),
    ("horizon", c_int),
    ("action_dim", c_int),
    ("anchor_dim", c_int),
    ("ticks_per_action", c_int64),
    ("overhead_ticks", c_int64),
    ("allocator", POINTER(spot_allocator))]
class spot_exec_stats(Structure):
    pass


spot_exec_stats._fields_ = [
    ("chunks", c_int64),
    ("inferences", c_int64),
    ("actions", c_int64),
    ("dropped", c_int64),
    ("wait_ticks", c_int64),
    ("inference_ticks", c_int64),
    ("late_actions", c_int64),
    ("late_chunks", c_int64)]
class spot_forecast(Structure):
    pass


class spot_quantity(Structure):
    pass


spot_quantity._fields_ = [
    ("known", c_bool),
    ("has_ci", c_bool),
    ("value", c_double),
    ("lo", c_double),
    ("hi", c_double)]
class spot_forecast_point(Structure):
    pass


spot_forecast._fields_ = [
    ("platform", c_char * 192),
    ("regime", c_int),
    ("law", c_int),
    ("law_reason", c_char_p),
    ("discrepancy", c_double),
    ("limit_s", spot_quantity),
    ("delta_s", spot_quantity),
    ("n_misfit", c_int),
    ("n_success", c_int),
    ("n_cell", c_int),
    ("n_cross", c_int),
    ("separable_p", spot_quantity),
    ("baseline", c_int),
    ("n_points", c_int),
    ("points", POINTER(spot_forecast_point)),
    ("best", c_int),
    ("assumed", c_char * 1024),
    ("text", c_char * 4096),
    ("allocator", POINTER(spot_allocator))]
class spot_image(Structure):
    pass


spot_image._fields_ = [("name", c_char_p), ("height", c_int), ("width", c_int), ("pixels", POINTER(c_uint8))]
class spot_latency_trace(Structure):
    pass


class spot_world(Structure):
    pass


spot_make_world_fn = CFUNCTYPE(c_int, c_void_p, POINTER(spot_world), POINTER(spot_diag))
class spot_motion_config(Structure):
    pass


spot_motion_config._fields_ = [
    ("size", c_size_t),
    ("interval_s", c_double),
    ("position_noise_m", c_double),
    ("n_motor", c_size_t),
    ("resistance_ohm", POINTER(c_double)),
    ("torque_nm_a", POINTER(c_double))]
class spot_motion_file(Structure):
    pass


class spot_motion_file_config(Structure):
    pass


spot_motion_file_config._fields_ = [
    ("size", c_size_t),
    ("map", c_char_p),
    ("control_hz", c_double),
    ("allocator", POINTER(spot_allocator))]
class spot_motion_record(Structure):
    pass


class spot_motion_shape(Structure):
    pass


spot_motion_shape._fields_ = [("channels", c_uint), ("n_axis", c_size_t), ("n_joint", c_size_t), ("n_action", c_size_t)]
spot_motion_record._fields_ = [
    ("file", c_char_p),
    ("name", c_char * 64),
    ("timing", c_int),
    ("gap_least_s", c_double),
    ("gap_most_s", c_double),
    ("shape", spot_motion_shape),
    ("sources", c_char * 64 * 6),
    ("metrics", spot_motion_metrics)]
class spot_motion_report(Structure):
    pass


spot_motion_report._fields_ = [
    ("records", POINTER(spot_motion_record)),
    ("n_record", c_int),
    ("config", POINTER(spot_motion_config))]
class spot_motion_trajectory(Structure):
    pass


class spot_motion_series(Structure):
    pass


spot_motion_series._fields_ = [
    ("n_sample", c_size_t),
    ("n_axis", c_size_t),
    ("n_joint", c_size_t),
    ("n_action", c_size_t),
    ("time_s", POINTER(c_double)),
    ("position_m", POINTER(c_double)),
    ("velocity_m_s", POINTER(c_double)),
    ("joint_rad", POINTER(c_double)),
    ("joint_rad_s", POINTER(c_double)),
    ("torque_nm", POINTER(c_double)),
    ("action", POINTER(c_double))]
spot_motion_trajectory._fields_ = [
    ("name", c_char * 64),
    ("timing", c_int),
    ("interval_s", c_double),
    ("series", spot_motion_series),
    ("sources", c_char * 64 * 6),
    ("cells", POINTER(c_double)),
    ("n_cell", c_size_t),
    ("allocator", POINTER(spot_allocator))]
class spot_own_task_config(Structure):
    pass


class spot_world_dims(Structure):
    pass


spot_world_dims._fields_ = [
    ("obs_dim", c_int),
    ("action_dim", c_int),
    ("anchor_dim", c_int),
    ("sample_dim", c_int),
    ("n_joint", c_int),
    ("joint_at", c_int),
    ("state_dim", c_int),
    ("tick_s", c_double),
    ("ticks_per_action", c_int),
    ("horizon", c_int),
    ("n_execute", c_int),
    ("time_limit_s", c_double),
    ("regime", c_int)]
class spot_variation(Structure):
    pass


class spot_together(Structure):
    pass


spot_own_task_config._fields_ = [
    ("size", c_size_t),
    ("name", c_char_p),
    ("identity", c_char_p),
    ("description", c_char_p),
    ("instruction", c_char_p),
    ("charge_as", c_char_p),
    ("engine", c_char_p),
    ("engine_version", c_char_p),
    ("dims", spot_world_dims),
    ("sample_names", POINTER(c_char_p)),
    ("make_world", CFUNCTYPE(c_int, c_void_p, POINTER(spot_variation), POINTER(spot_world), POINTER(spot_diag))),
    ("ctx", c_void_p),
    ("together", POINTER(spot_together)),
    ("allocator", POINTER(spot_allocator))]
class spot_plan_config(Structure):
    pass


class spot_plan_model(Structure):
    pass


class spot_plan_link(Structure):
    pass


spot_plan_config._fields_ = [
    ("size", c_size_t),
    ("model", POINTER(spot_plan_model)),
    ("agent", POINTER(spot_platform)),
    ("modes", c_char_p),
    ("servers", POINTER(spot_platform) * 4),
    ("links", POINTER(spot_plan_link) * 4),
    ("n_server", c_int),
    ("n_link", c_int),
    ("split", c_char_p),
    ("bits", c_int * 32),
    ("n_bits", c_int),
    ("max_delay_s", c_double),
    ("max_energy_j", c_double),
    ("objective", c_int),
    ("prefer", c_int)]
class spot_coinfer_link(Structure):
    pass


spot_coinfer_link._fields_ = [("bandwidth_bit_s", c_double), ("latency_s", c_double), ("radio_w", c_double)]
class spot_platform_figure(Structure):
    pass


spot_platform_figure._fields_ = [("figure", c_char * 64), ("origin", c_int), ("source", c_char * 256)]
spot_plan_link._fields_ = [
    ("name", c_char * 64),
    ("description", c_char * 256),
    ("link", spot_coinfer_link),
    ("n_figure", c_int),
    ("figure", spot_platform_figure * 16)]
class spot_plan_split(Structure):
    pass


class spot_plan_feature(Structure):
    pass


spot_plan_feature._fields_ = [("bits", c_int), ("uplink_bits", c_double), ("distortion", c_double)]
spot_plan_split._fields_ = [
    ("name", c_char * 64),
    ("agent_flop", c_double),
    ("server_flop", c_double),
    ("cloud_flop", c_double),
    ("uplink_bits", c_double),
    ("backhaul_bits", c_double),
    ("agent_parameters", c_double),
    ("lambda", c_double),
    ("output_per_parameter", c_double),
    ("n_feature", c_int),
    ("feature", spot_plan_feature * 8)]
spot_plan_model._fields_ = [
    ("name", c_char * 64),
    ("description", c_char * 256),
    ("origin", c_int),
    ("source", c_char * 256),
    ("lambda_source", c_char * 256),
    ("full_bits", c_int),
    ("n_split", c_int),
    ("split", spot_plan_split * 32)]
class spot_plan_report(Structure):
    pass


class spot_plan_result(Structure):
    pass


spot_plan_report._fields_ = [
    ("config", POINTER(spot_plan_config)),
    ("scheme", c_int),
    ("result", POINTER(spot_plan_result))]
class spot_plan_choice(Structure):
    pass


spot_plan_result._fields_ = [
    ("calibrated", c_bool),
    ("n_choice", c_int),
    ("best", c_int),
    ("choice", POINTER(spot_plan_choice))]
class spot_point(Structure):
    pass


spot_point._fields_ = [
    ("steps", c_int),
    ("overlap", c_int),
    ("align", c_int),
    ("execute", c_int),
    ("quant", c_char * 48),
    ("prune", c_char * 24),
    ("kv", c_char * 16)]
spot_progress_fn = CFUNCTYPE(c_bool, c_void_p, c_int64, c_int64)
class spot_rollout_batch(Structure):
    pass


class spot_rollout_config(Structure):
    pass


class spot_latency(Structure):
    pass


class spot_latency_shape(Structure):
    pass


spot_latency._fields_ = [
    ("mean_s", c_double),
    ("spread_s", c_double),
    ("origin", c_int),
    ("source", c_char * 256),
    ("shape", POINTER(spot_latency_shape))]
spot_rollout_config._fields_ = [
    ("size", c_size_t),
    ("schedule", c_int),
    ("clock", c_int),
    ("point", spot_point),
    ("n_execute", c_int),
    ("latency", spot_latency),
    ("overhead_s", c_double),
    ("kernels", c_char_p),
    ("allocator", POINTER(spot_allocator))]
spot_keep_fn = CFUNCTYPE(c_int, c_void_p, c_int64, POINTER(spot_episode), POINTER(spot_diag))
spot_rollout_batch._fields_ = [
    ("config", spot_rollout_config),
    ("brain", POINTER(spot_brain)),
    ("make_world", spot_make_world_fn),
    ("make_world_ctx", c_void_p),
    ("seeds", POINTER(c_uint64)),
    ("n_seeds", c_int64),
    ("threads", c_int),
    ("progress", spot_progress_fn),
    ("progress_ctx", c_void_p),
    ("keep", spot_keep_fn),
    ("keep_ctx", c_void_p),
    ("together", POINTER(spot_together))]
class spot_serve(Structure):
    pass


class spot_serve_config(Structure):
    pass


spot_serve_config._fields_ = [
    ("size", c_size_t),
    ("host", c_char_p),
    ("port", c_int),
    ("point", POINTER(spot_point)),
    ("kernels", c_char_p),
    ("policy", c_char_p),
    ("task", c_char_p),
    ("instruction", c_char_p),
    ("connections", c_int),
    ("threads", c_int),
    ("seed", c_uint64),
    ("allocator", POINTER(spot_allocator)),
    ("refused", CFUNCTYPE(None, c_void_p, c_char_p)),
    ("refused_ctx", c_void_p)]
class spot_serve_stats(Structure):
    pass


class spot_serve_times(Structure):
    pass


spot_serve_times._fields_ = [("p50_ms", c_double), ("p95_ms", c_double), ("p99_ms", c_double), ("max_ms", c_double)]
spot_serve_stats._fields_ = [
    ("clients", c_int64),
    ("clients_served", c_int64),
    ("answered", c_int64),
    ("refused", c_int64),
    ("timed", c_int64),
    ("infer", spot_serve_times),
    ("answer", spot_serve_times)]
class spot_task(Structure):
    pass


spot_together._fields_ = [
    ("n", c_int),
    ("reset", CFUNCTYPE(c_int, c_void_p, POINTER(c_uint64), c_int, POINTER(spot_diag))),
    ("step", CFUNCTYPE(c_int, c_void_p, POINTER(c_bool), c_int, POINTER(spot_diag))),
    ("ctx", c_void_p)]
class spot_tune_config(Structure):
    pass


spot_variation._fields_ = [("speed", c_double), ("noise", c_double)]
spot_tune_config._fields_ = [
    ("size", c_size_t),
    ("points", POINTER(spot_point)),
    ("n_points", c_int),
    ("baseline", c_int),
    ("seed", c_uint64),
    ("n_seeds", c_int),
    ("threads", c_int),
    ("clock", c_int),
    ("n_execute", c_int),
    ("cadence", c_bool),
    ("overhead_s", c_double),
    ("charge_as", c_char_p),
    ("trace", POINTER(spot_latency_trace)),
    ("variation", spot_variation),
    ("kernels", c_char_p),
    ("goal", c_int),
    ("resamples", c_int),
    ("effect", c_double),
    ("episodes_dir", c_char_p),
    ("store", c_char_p),
    ("fresh", c_bool),
    ("inputs", POINTER(c_char_p)),
    ("n_inputs", c_int),
    ("policy_name", c_char_p),
    ("confirm_seeds", c_int),
    ("confirm_dir", c_char_p)]
class spot_tune_folder(Structure):
    pass


class spot_tune_result(Structure):
    pass


class spot_tune_setting(Structure):
    pass


spot_tune_setting._fields_ = [
    ("task", c_char * 64),
    ("policy", c_char * 64),
    ("policy_type", c_char * 64),
    ("policy_task", c_char * 64),
    ("policy_varies", c_bool),
    ("platform", c_char * 64),
    ("charged_class", c_char * 64),
    ("regime", c_int),
    ("variation", spot_variation),
    ("seed", c_uint64),
    ("n_seeds", c_int),
    ("clock", c_int),
    ("cadence", c_bool),
    ("overhead_s", c_double),
    ("n_execute", c_int),
    ("action_s", c_double),
    ("time_limit_s", c_double),
    ("resamples", c_int),
    ("effect", c_double),
    ("engine", c_char * 128),
    ("repeats", c_char * 320)]
class spot_tune_row(Structure):
    pass


spot_tune_result._fields_ = [
    ("setting", spot_tune_setting),
    ("rows", POINTER(spot_tune_row)),
    ("n_rows", c_int),
    ("baseline", c_int),
    ("n_judged", c_int),
    ("withheld", c_int),
    ("best", c_int),
    ("best_beats_baseline", c_bool),
    ("best_is_unique", c_bool),
    ("cheapest", c_int),
    ("goal", c_int),
    ("verdict", c_char * 4096),
    ("analysis", POINTER(spot_analysis)),
    ("confirm", POINTER(spot_tune_result)),
    ("confirmed", c_bool)]
class spot_world_ops(Structure):
    pass


class spot_outcome(Structure):
    pass


spot_world_ops._fields_ = [
    ("kind", c_char_p),
    ("destroy", CFUNCTYPE(None, c_void_p)),
    ("reset", CFUNCTYPE(c_int, c_void_p, c_uint64)),
    ("observe", CFUNCTYPE(c_int, c_void_p, POINTER(c_float), POINTER(c_double))),
    ("act", CFUNCTYPE(c_int, c_void_p, POINTER(c_float), POINTER(c_double))),
    ("step", CFUNCTYPE(c_int, c_void_p)),
    ("step_many", CFUNCTYPE(c_int, c_void_p, c_int64, POINTER(c_int64))),
    ("outcome", CFUNCTYPE(None, c_void_p, POINTER(spot_outcome))),
    ("sample", CFUNCTYPE(None, c_void_p, POINTER(c_double))),
    ("effort", CFUNCTYPE(None, c_void_p, POINTER(c_double), POINTER(c_double))),
    ("state", CFUNCTYPE(None, c_void_p, POINTER(c_double))),
    ("look", CFUNCTYPE(c_int, c_void_p, POINTER(POINTER(spot_image)), POINTER(c_int))),
    ("why", CFUNCTYPE(c_char_p, c_void_p))]
class spot_exec_event(Structure):
    pass


spot_exec_event._fields_ = [
    ("kind", c_int),
    ("action", POINTER(c_float)),
    ("anchor", POINTER(c_double)),
    ("age_ticks", c_int64),
    ("index", c_int),
    ("first", c_bool)]
class spot_knob(Structure):
    pass


class spot_coinfer_scheme_config(Structure):
    pass


class spot_plan_sweep(Structure):
    pass


class spot_task_info(Structure):
    pass


spot_allocator._fields_ = [
    ("alloc", CFUNCTYPE(c_void_p, c_void_p, c_size_t)),
    ("free", CFUNCTYPE(None, c_void_p, c_void_p, c_size_t)),
    ("ctx", c_void_p)]
class spot_analysis_point(Structure):
    pass


class spot_analysis_verdict(Structure):
    pass


spot_analysis_verdict._fields_ = [
    ("best", c_int),
    ("beats_baseline", c_bool),
    ("no_success", c_bool),
    ("cheapest", c_int),
    ("leader", c_int),
    ("guard", c_int),
    ("guard_against", c_int),
    ("undoing_rate", spot_quantity),
    ("failure_bound", spot_quantity),
    ("kind", c_int),
    ("p_interior", spot_quantity),
    ("posterior_interior", spot_quantity),
    ("static_paradox", c_int),
    ("dynamic_paradox", c_int),
    ("paradox", c_int),
    ("n_paradox", c_int),
    ("p_paradox", spot_quantity),
    ("trials_needed", spot_quantity),
    ("text", c_char * 4096),
    ("warnings", c_char * 2048)]
spot_analysis_setting._fields_ = [
    ("name", c_char * 192),
    ("regime", c_int),
    ("regime_assumed", c_bool),
    ("goal", c_int),
    ("paired", c_bool),
    ("n_tasks", c_int),
    ("action_s", c_double),
    ("n_action", c_int),
    ("n_differs", c_bool),
    ("baseline", c_int),
    ("n_points", c_int),
    ("points", POINTER(spot_analysis_point)),
    ("verdict", spot_analysis_verdict)]
class spot_analysis_metric(Structure):
    pass


spot_analysis_metric._fields_ = [
    ("n", c_int),
    ("mean", spot_quantity),
    ("n_common", c_int),
    ("ratio", spot_quantity),
    ("difference", spot_quantity),
    ("reason", c_char_p)]
spot_analysis_point._fields_ = [
    ("name", c_char * 192),
    ("alpha", spot_quantity),
    ("n_action", c_int),
    ("overlap", spot_quantity),
    ("t_inf_s", spot_quantity),
    ("t_chunk_s", spot_quantity),
    ("eta_chunk", spot_quantity),
    ("chunks", spot_quantity),
    ("inflation", spot_quantity),
    ("inflation_common", spot_quantity),
    ("time_s", spot_quantity),
    ("cycle_s", spot_quantity),
    ("eta_task", spot_quantity),
    ("eta_task_common", spot_quantity),
    ("residual", spot_quantity),
    ("delay_s", spot_quantity),
    ("age_s", spot_quantity),
    ("rate", spot_quantity),
    ("guaranteed", spot_quantity),
    ("has_count", c_bool),
    ("graded", c_bool),
    ("successes", c_int),
    ("invalid", c_int),
    ("trials", c_int),
    ("budget_time_s", spot_quantity),
    ("time_to_success_s", spot_quantity),
    ("energy_per_success_j", spot_quantity),
    ("p_better", spot_quantity),
    ("p_worse", spot_quantity),
    ("p_beats_baseline", spot_quantity),
    ("p_best", spot_quantity),
    ("p_best_alone", spot_quantity),
    ("p_behind", spot_quantity),
    ("may_be_best", c_bool),
    ("only_by_rare_failures", c_bool),
    ("reason", c_char_p),
    ("params", spot_quantity),
    ("macs", spot_quantity),
    ("weight_bytes", spot_quantity),
    ("actions_per_s", spot_quantity),
    ("motion", spot_analysis_metric * 34)]
spot_brain_config._fields_ = [
    ("size", c_size_t),
    ("point", POINTER(spot_point)),
    ("kernels", c_char_p),
    ("allocator", POINTER(spot_allocator))]
spot_brain_input._fields_ = [
    ("obs", POINTER(c_float)),
    ("noise", POINTER(c_float)),
    ("images", POINTER(spot_image)),
    ("n_images", c_int),
    ("instruction", c_char_p),
    ("anchor", POINTER(c_double)),
    ("n_anchor", c_int)]
class spot_coinfer_ppo(Structure):
    pass


spot_coinfer_scheme_config._fields_ = [
    ("size", c_size_t),
    ("fixed_hz", c_double * 3),
    ("draws", c_int64),
    ("tries_max", c_int64),
    ("seed", c_uint64),
    ("ppo", POINTER(spot_coinfer_ppo))]
spot_forecast_point._fields_ = [
    ("name", c_char * 192),
    ("t_inf_s", spot_quantity),
    ("alpha", spot_quantity),
    ("t_chunk_s", spot_quantity),
    ("eta_chunk", spot_quantity),
    ("delay_s", spot_quantity),
    ("rate", spot_quantity),
    ("time_s", spot_quantity),
    ("budget_s", spot_quantity),
    ("n_cut", c_int),
    ("n_open", c_int),
    ("extrapolated", c_bool),
    ("limit_t_inf_s", spot_quantity),
    ("reason", c_char_p)]
spot_inference_cost._fields_ = [
    ("params", c_double),
    ("macs_fp32", c_double),
    ("macs_bf16", c_double),
    ("macs_int8", c_double),
    ("weight_bytes", c_double),
    ("weight_read_bytes", c_double),
    ("kv_read_bytes", c_double)]
spot_knob._fields_ = [
    ("name", c_char_p),
    ("baseline", c_char_p),
    ("placeholder", c_char_p),
    ("help", c_char_p),
    ("list_help", c_char_p),
    ("is_number", c_bool),
    ("in_inference", c_bool)]
spot_outcome._fields_ = [
    ("done", c_bool),
    ("success", c_bool),
    ("invalid", c_bool),
    ("grade", c_int),
    ("grade_max", c_int),
    ("time_s", c_double),
    ("fault", c_char_p)]
class spot_coinfer_problem(Structure):
    pass


class spot_coinfer_computer(Structure):
    pass


spot_coinfer_computer._fields_ = [
    ("clock_min_hz", c_double),
    ("clock_max_hz", c_double),
    ("n_clock", c_int),
    ("clocks_hz", c_double * 32),
    ("flop_per_cycle", c_double),
    ("power_w_per_hz3", c_double),
    ("idle_w", c_double),
    ("pue", c_double)]
spot_coinfer_problem._fields_ = [
    ("size", c_size_t),
    ("n_stage", c_int),
    ("computer", spot_coinfer_computer * 3),
    ("flop", c_double * 3),
    ("link", spot_coinfer_link * 2),
    ("hop_bits", c_double * 2),
    ("full_bits", c_int),
    ("n_bits", c_int),
    ("bits", c_int * 32),
    ("lambda", c_double),
    ("max_delay_s", c_double),
    ("max_energy_j", c_double),
    ("objective", c_int),
    ("prefer", c_int)]
class spot_coinfer_outcome(Structure):
    pass


class spot_coinfer_plan(Structure):
    pass


spot_coinfer_plan._fields_ = [
    ("feasible", c_bool),
    ("binds", c_int),
    ("bits", c_int),
    ("clock_hz", c_double * 3),
    ("stage_s", c_double * 3),
    ("stage_j", c_double * 3),
    ("hop_s", c_double * 2),
    ("hop_j", c_double * 2),
    ("idle_j", c_double),
    ("delay_s", c_double),
    ("energy_j", c_double),
    ("slack_s", c_double),
    ("slack_j", c_double),
    ("lower", c_double),
    ("upper", c_double),
    ("objective", c_double),
    ("least_delay_s", c_double),
    ("least_energy_j", c_double)]
spot_coinfer_outcome._fields_ = [
    ("plan", spot_coinfer_plan),
    ("bits_real", c_double),
    ("mean_objective", c_double),
    ("mean_delay_s", c_double),
    ("mean_energy_j", c_double),
    ("accepted", c_double),
    ("iterations", c_int)]
spot_plan_choice._fields_ = [
    ("i_split", c_int),
    ("i_feature", c_int),
    ("server", c_int * 2),
    ("problem", spot_coinfer_problem),
    ("outcome", spot_coinfer_outcome),
    ("bits_continuous", c_double),
    ("output_distortion", c_double),
    ("tried", c_bool)]
class spot_plan_sweep_row(Structure):
    pass


spot_plan_sweep._fields_ = [
    ("budget", c_int),
    ("n_budget", c_int),
    ("row", POINTER(spot_plan_sweep_row)),
    ("ppo_episodes", c_int64)]
spot_plan_sweep_row._fields_ = [
    ("budget", c_double),
    ("tried", c_bool),
    ("feasible", c_bool),
    ("bits", c_double),
    ("objective", c_double),
    ("delay_s", c_double),
    ("energy_j", c_double),
    ("output_distortion", c_double)]
class spot_engine(Structure):
    pass


spot_engine._fields_ = [("name", c_char_p), ("version", c_char_p)]
spot_task_info._fields_ = [
    ("name", c_char_p),
    ("description", c_char_p),
    ("instruction", c_char_p),
    ("charge_as", c_char_p),
    ("model", c_char_p),
    ("moving_speed_m_s", c_double),
    ("engine", spot_engine),
    ("dims", spot_world_dims),
    ("sample_names", POINTER(c_char_p)),
    ("seeds", c_char_p)]
spot_tune_row._fields_ = [
    ("point", spot_point),
    ("text", c_char * 192),
    ("latency", spot_latency),
    ("cost", spot_inference_cost),
    ("has_cost", c_bool),
    ("chunk_time_s", c_double),
    ("invalid", c_int),
    ("invalid_seed", c_uint64),
    ("fault", c_char * 256),
    ("grade_mean", c_double),
    ("reused", c_bool)]
spot_world._fields_ = [
    ("ops", POINTER(spot_world_ops)),
    ("self", c_void_p),
    ("dims", spot_world_dims),
    ("sample_names", POINTER(c_char_p)),
    ("task", POINTER(spot_task)),
    ("instruction", c_char_p)]

# name: (what it returns, [what it takes])
FUNCTIONS = {
    "spot_analysis_destroy": (None, [POINTER(spot_analysis)]),
    "spot_analyze": (c_int, [POINTER(spot_analyze_log), POINTER(POINTER(spot_analysis)), POINTER(spot_diag)]),
    "spot_analyze_config_default": (None, [POINTER(spot_analyze_config)]),
    "spot_analyze_forecast": (c_int, [
        POINTER(spot_analyze_log),
        POINTER(spot_analysis),
        c_int,
        POINTER(spot_analyze_target),
        POINTER(POINTER(spot_forecast)),
        POINTER(spot_diag)]),
    "spot_analyze_log_create": (c_int, [POINTER(spot_analyze_config), POINTER(POINTER(spot_analyze_log))]),
    "spot_analyze_log_csv": (c_int, [POINTER(spot_analyze_log), c_char_p, POINTER(spot_diag)]),
    "spot_analyze_log_destroy": (None, [POINTER(spot_analyze_log)]),
    "spot_analyze_log_lerobot": (c_int, [POINTER(spot_analyze_log), c_char_p, POINTER(spot_diag)]),
    "spot_analyze_log_published": (c_int, [POINTER(spot_analyze_log), c_char_p, c_char_p, POINTER(spot_diag)]),
    "spot_analyze_log_store": (c_int, [POINTER(spot_analyze_log), c_char_p, POINTER(spot_diag)]),
    "spot_analyze_log_tune": (c_int, [POINTER(spot_analyze_log), c_char_p, POINTER(spot_diag)]),
    "spot_brain_close": (None, [POINTER(spot_brain)]),
    "spot_brain_describe": (c_int, [POINTER(spot_brain), POINTER(spot_brain_info), POINTER(spot_diag)]),
    "spot_brain_is_address": (c_bool, [c_char_p]),
    "spot_brain_open": (c_int, [c_char_p, POINTER(spot_brain_open_config), POINTER(spot_brain), POINTER(spot_diag)]),
    "spot_brain_open_config_default": (None, [POINTER(spot_brain_open_config)]),
    "spot_coinfer_objective_str": (c_char_p, [c_int]),
    "spot_coinfer_scheme_name": (c_char_p, [c_int]),
    "spot_exec_config_default": (None, [POINTER(spot_exec_config)]),
    "spot_exec_create": (c_int, [POINTER(spot_exec_config), POINTER(POINTER(spot_exec)), POINTER(spot_diag)]),
    "spot_exec_deliver": (c_int, [POINTER(spot_exec), POINTER(c_float), POINTER(c_double), c_int, c_int64]),
    "spot_exec_destroy": (None, [POINTER(spot_exec)]),
    "spot_exec_poll": (spot_exec_event, [POINTER(spot_exec), c_int64]),
    "spot_exec_read_stats": (POINTER(spot_exec_stats), [POINTER(spot_exec)]),
    "spot_exec_reset": (None, [POINTER(spot_exec)]),
    "spot_exec_submit_parts": (c_int, [POINTER(spot_exec), POINTER(c_float), POINTER(c_double), c_int64, c_int64]),
    "spot_forecast_destroy": (None, [POINTER(spot_forecast)]),
    "spot_knob_at": (POINTER(spot_knob), [c_int]),
    "spot_knob_count": (c_int, []),
    "spot_knob_find": (c_int, [c_char_p]),
    "spot_knob_is_baseline": (c_bool, [c_int, POINTER(spot_point)]),
    "spot_latency_trace_destroy": (None, [POINTER(spot_latency_trace)]),
    "spot_latency_trace_load": (c_int, [
        c_char_p,
        c_int,
        POINTER(spot_allocator),
        POINTER(POINTER(spot_latency_trace)),
        POINTER(spot_diag)]),
    "spot_motion_config_default": (None, [POINTER(spot_motion_config)]),
    "spot_motion_file_close": (None, [POINTER(spot_motion_file)]),
    "spot_motion_file_config_default": (None, [POINTER(spot_motion_file_config)]),
    "spot_motion_file_count": (c_int, [POINTER(spot_motion_file)]),
    "spot_motion_file_load": (c_int, [
        POINTER(spot_motion_file),
        c_int,
        POINTER(POINTER(spot_motion_trajectory)),
        POINTER(spot_diag)]),
    "spot_motion_file_open": (c_int, [
        c_char_p,
        POINTER(spot_motion_file_config),
        POINTER(POINTER(spot_motion_file)),
        POINTER(spot_diag)]),
    "spot_motion_trajectory_free": (None, [POINTER(spot_motion_trajectory)]),
    "spot_motion_trajectory_measure": (c_int, [
        POINTER(spot_motion_trajectory),
        POINTER(spot_motion_config),
        POINTER(spot_motion_record),
        POINTER(spot_diag)]),
    "spot_own_task_config_default": (None, [POINTER(spot_own_task_config)]),
    "spot_plan_config_default": (None, [POINTER(spot_plan_config)]),
    "spot_plan_link_load": (c_int, [c_char_p, POINTER(spot_plan_link), POINTER(spot_diag)]),
    "spot_plan_make": (c_int, [
        POINTER(spot_plan_config),
        c_int,
        POINTER(spot_coinfer_scheme_config),
        POINTER(spot_plan_result),
        POINTER(spot_diag)]),
    "spot_plan_model_load": (c_int, [c_char_p, POINTER(spot_plan_model), POINTER(spot_diag)]),
    "spot_plan_result_free": (None, [POINTER(spot_plan_result)]),
    "spot_platform_borrow_alphas": (c_int, [POINTER(spot_platform), POINTER(spot_platform), POINTER(spot_diag)]),
    "spot_platform_destroy": (None, [POINTER(spot_platform)]),
    "spot_platform_load": (c_int, [c_char_p, POINTER(spot_allocator), POINTER(POINTER(spot_platform)), POINTER(spot_diag)]),
    "spot_point_default": (None, [POINTER(spot_point)]),
    "spot_point_equal": (c_bool, [POINTER(spot_point), POINTER(spot_point)]),
    "spot_point_parse": (c_int, [c_char_p, POINTER(spot_point), POINTER(spot_diag)]),
    "spot_point_sort": (None, [POINTER(spot_point), c_int]),
    "spot_point_sweep": (c_int, [POINTER(c_char_p), POINTER(spot_point), c_int, POINTER(c_int), POINTER(spot_diag)]),
    "spot_policy_file": (c_char_p, [c_int]),
    "spot_report_analysis_figure": (c_int, [POINTER(spot_analysis_setting), c_char_p, POINTER(spot_diag)]),
    "spot_report_analysis_json": (c_int, [POINTER(spot_analysis), POINTER(POINTER(spot_forecast)), c_void_p]),
    "spot_report_analysis_table": (c_int, [POINTER(spot_analysis_setting), c_bool, c_void_p]),
    "spot_report_forecast_table": (c_int, [POINTER(spot_forecast), c_bool, c_void_p]),
    "spot_report_metrics_json": (c_int, [POINTER(spot_motion_report), c_void_p]),
    "spot_report_plan_json": (c_int, [POINTER(spot_plan_report), POINTER(spot_plan_sweep), c_void_p]),
    "spot_report_tune_figure": (c_int, [POINTER(spot_tune_result), c_char_p, POINTER(spot_diag)]),
    "spot_report_tune_files": (c_int, [POINTER(spot_tune_result), c_char_p, POINTER(c_bool), POINTER(spot_diag)]),
    "spot_report_tune_json_print": (c_int, [POINTER(spot_tune_result), c_void_p]),
    "spot_report_tune_table": (c_int, [POINTER(spot_tune_result), c_bool, c_void_p]),
    "spot_rollout_config_default": (None, [POINTER(spot_rollout_config)]),
    "spot_rollout_run_many": (c_int, [POINTER(spot_rollout_batch), POINTER(spot_episode), POINTER(spot_diag)]),
    "spot_serve_config_default": (None, [POINTER(spot_serve_config)]),
    "spot_serve_create": (c_int, [
        POINTER(spot_brain),
        POINTER(spot_serve_config),
        POINTER(POINTER(spot_serve)),
        POINTER(spot_diag)]),
    "spot_serve_destroy": (None, [POINTER(spot_serve)]),
    "spot_serve_port": (c_int, [POINTER(spot_serve)]),
    "spot_serve_read_stats": (c_int, [POINTER(spot_serve), POINTER(spot_serve_stats)]),
    "spot_serve_run": (c_int, [POINTER(spot_serve), POINTER(spot_diag)]),
    "spot_serve_stop": (None, [POINTER(spot_serve)]),
    "spot_status_str": (c_char_p, [c_int]),
    "spot_task_describe": (POINTER(spot_task_info), [POINTER(spot_task)]),
    "spot_task_destroy": (None, [POINTER(spot_task)]),
    "spot_task_load": (c_int, [c_char_p, POINTER(spot_allocator), POINTER(POINTER(spot_task)), POINTER(spot_diag)]),
    "spot_task_make_world": (c_int, [POINTER(spot_task), POINTER(spot_variation), POINTER(spot_world), POINTER(spot_diag)]),
    "spot_task_own": (c_int, [POINTER(spot_own_task_config), POINTER(POINTER(spot_task)), POINTER(spot_diag)]),
    "spot_tune": (c_int, [
        POINTER(spot_task),
        POINTER(spot_brain),
        POINTER(spot_platform),
        POINTER(spot_tune_config),
        spot_progress_fn,
        c_void_p,
        POINTER(POINTER(spot_tune_result)),
        POINTER(spot_diag)]),
    "spot_tune_config_default": (None, [POINTER(spot_tune_config)]),
    "spot_tune_confirm": (c_int, [
        POINTER(spot_task),
        POINTER(spot_brain),
        POINTER(spot_platform),
        POINTER(spot_tune_config),
        POINTER(spot_tune_result),
        spot_progress_fn,
        c_void_p,
        POINTER(spot_diag)]),
    "spot_tune_folder_close": (None, [POINTER(spot_tune_folder)]),
    "spot_tune_folder_confirm": (c_char_p, [POINTER(spot_tune_folder)]),
    "spot_tune_folder_episodes": (c_char_p, [POINTER(spot_tune_folder)]),
    "spot_tune_folder_open": (c_int, [
        POINTER(spot_task),
        POINTER(spot_brain),
        POINTER(spot_platform),
        POINTER(spot_tune_config),
        c_char_p,
        POINTER(POINTER(spot_tune_folder)),
        POINTER(spot_diag)]),
    "spot_tune_folder_path": (c_char_p, [POINTER(spot_tune_folder)]),
    "spot_tune_result_destroy": (None, [POINTER(spot_tune_result)])}

/* SPDX-License-Identifier: Apache-2.0
 * SPDX-FileCopyrightText: The Sweetspot authors */
/* The schema of task files; what a schema cannot say is checked in task_check.c. */
#include "lab/sim/mujoco/task_file.h"

#include <string.h>

#include "lab/sim/mujoco/task_check.h"
#include "runtime/file/yaml.h"

/* clang-format off: tables */
#define TEXT(key, type, field) CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER, type, field, 1, 256)
#define TEXT_OPTIONAL(key, type, field)                                                            \
    CYAML_FIELD_STRING_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, field, 1, 256)
#define NUMBER(key, type, field)          CYAML_FIELD_FLOAT(key, CYAML_FLAG_DEFAULT, type, field)
#define NUMBER_OPTIONAL(key, type, field) CYAML_FIELD_FLOAT(key, CYAML_FLAG_OPTIONAL, type, field)
#define NUMBER_OR_NULL(key, type, field)                                                           \
    CYAML_FIELD_FLOAT_PTR(key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, type, field)
#define NUMBERS(key, type, field, count)                                                           \
    CYAML_FIELD_SEQUENCE_FIXED(key, CYAML_FLAG_FLOW, type, field, &number, count)
#define NUMBERS_OPTIONAL(key, type, field, count)                                                  \
    CYAML_FIELD_SEQUENCE_FIXED(key, CYAML_FLAG_FLOW | CYAML_FLAG_OPTIONAL, type, field, &number,   \
                               count)
#define INTEGER(key, type, field) CYAML_FIELD_INT(key, CYAML_FLAG_DEFAULT, type, field)

static const cyaml_schema_value_t number = {CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double)};
static const cyaml_schema_value_t text = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, 256)};

static const cyaml_strval_t regimes[] = {{"static", SPOT_REGIME_STATIC},
                                         {"dynamic", SPOT_REGIME_DYNAMIC}};
static const cyaml_strval_t action_kinds[] = {{"pose", SPOTI_ACTION_POSE},
                                              {"joints", SPOTI_ACTION_JOINTS}};
static const cyaml_strval_t axes[] = {{"x", 0}, {"y", 1}, {"z", 2}};
static const cyaml_strval_t expert_hows[] = {{"grasp", SPOTI_EXPERT_GRASP},
                                             {"press", SPOTI_EXPERT_PRESS},
                                             {"waypoints", SPOTI_EXPERT_WAYPOINTS}};
static const cyaml_strval_t gripper_words[] = {
    {"keep", SPOTI_GRIPPER_KEEP}, {"open", SPOTI_GRIPPER_OPEN}, {"close", SPOTI_GRIPPER_CLOSE}};
static const cyaml_strval_t term_types[] = {
    {"gripper_position", SPOTI_TERM_GRIPPER_POSITION},
    {"gripper_yaw", SPOTI_TERM_GRIPPER_YAW},
    {"gripper_opening", SPOTI_TERM_GRIPPER_OPENING},
    {"joint_position", SPOTI_TERM_JOINT_POSITION},
    {"relative_position", SPOTI_TERM_RELATIVE_POSITION},
    {"relative_yaw", SPOTI_TERM_RELATIVE_YAW},
    {"seen", SPOTI_TERM_SEEN},
    {"position", SPOTI_TERM_POSITION},
    {"yaw", SPOTI_TERM_YAW},
};
static const cyaml_strval_t condition_types[] = {
    {"inside", SPOTI_CONDITION_INSIDE},   {"released", SPOTI_CONDITION_RELEASED},
    {"at_rest", SPOTI_CONDITION_AT_REST}, {"touched", SPOTI_CONDITION_TOUCHED},
    {"grasped", SPOTI_CONDITION_GRASPED}, {"below", SPOTI_CONDITION_BELOW},
    {"beyond", SPOTI_CONDITION_BEYOND},   {"pressed", SPOTI_CONDITION_PRESSED},
};

static const cyaml_schema_field_t control_fields[] = {
    NUMBER("rate_hz", spoti_control, rate_hz), INTEGER("horizon", spoti_control, horizon),
    INTEGER("execute", spoti_control, execute), CYAML_FIELD_END};

static const cyaml_schema_field_t arm_fields[] = {
    CYAML_FIELD_SEQUENCE("joints", CYAML_FLAG_POINTER | CYAML_FLAG_FLOW, spoti_arm_file, joints,
                         &text, SPOTI_ARM_JOINTS_MIN, SPOTI_ARM_JOINTS_MAX),
    CYAML_FIELD_SEQUENCE("actuators", CYAML_FLAG_POINTER | CYAML_FLAG_FLOW, spoti_arm_file,
                         actuators, &text, SPOTI_ARM_JOINTS_MIN, SPOTI_ARM_JOINTS_MAX),
    TEXT("site", spoti_arm_file, site),
    NUMBER_OR_NULL("forward_deg", spoti_arm_file, forward_deg),
    CYAML_FIELD_SEQUENCE("home", CYAML_FLAG_POINTER | CYAML_FLAG_FLOW | CYAML_FLAG_OPTIONAL,
                         spoti_arm_file, home, &number, SPOTI_ARM_JOINTS_MIN, SPOTI_ARM_JOINTS_MAX),
    TEXT_OPTIONAL("keyframe", spoti_arm_file, keyframe),
    CYAML_FIELD_ENUM("action", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, spoti_arm_file, action,
                     action_kinds, CYAML_ARRAY_LEN(action_kinds)),
    NUMBER("joint_speed_rad_s", spoti_arm_file, joint_speed_rad_s),
    NUMBER("speed_m_s", spoti_arm_file, speed_m_s),
    NUMBER("yaw_speed_rad_s", spoti_arm_file, yaw_speed_rad_s),
    NUMBERS("low", spoti_arm_file, low, 3),
    NUMBERS("high", spoti_arm_file, high, 3),
    CYAML_FIELD_END};

static const cyaml_schema_field_t also_fields[] = {
    TEXT("actuator", spoti_also_file, actuator),
    NUMBER("command_open", spoti_also_file, command_open),
    NUMBER("command_closed", spoti_also_file, command_closed), CYAML_FIELD_END};
static const cyaml_schema_value_t also = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, spoti_also_file, also_fields)};

static const cyaml_schema_field_t gripper_fields[] = {
    TEXT("actuator", spoti_gripper_file, actuator),
    TEXT("opening", spoti_gripper_file, opening),
    CYAML_FIELD_SEQUENCE("pads", CYAML_FLAG_POINTER | CYAML_FLAG_FLOW, spoti_gripper_file, pads,
                         &text, 2, 2),
    NUMBER("open_m", spoti_gripper_file, open_m),
    NUMBER("speed_m_s", spoti_gripper_file, speed_m_s),
    NUMBER_OPTIONAL("command_open", spoti_gripper_file, command_open),
    NUMBER_OPTIONAL("command_closed", spoti_gripper_file, command_closed),
    NUMBER_OPTIONAL("reading_open", spoti_gripper_file, reading_open),
    NUMBER_OPTIONAL("reading_closed", spoti_gripper_file, reading_closed),
    CYAML_FIELD_SEQUENCE("also", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, spoti_gripper_file, also,
                         &also, 1, SPOTI_ALSO_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_field_t disturbance_fields[] = {
    TEXT("actuator", spoti_disturbance_file, actuator),
    NUMBER("speed_m_s", spoti_disturbance_file, speed_m_s), CYAML_FIELD_END};

static const cyaml_schema_field_t object_fields[] = {
    TEXT("name", spoti_object_file, name),
    TEXT("body", spoti_object_file, body),
    NUMBERS("x_m", spoti_object_file, x_m, 2),
    NUMBERS("y_m", spoti_object_file, y_m, 2),
    NUMBER("z_m", spoti_object_file, z_m),
    NUMBERS("yaw_deg", spoti_object_file, yaw_deg, 2),
    NUMBER("noise_m", spoti_object_file, noise_m),
    NUMBER("noise_deg", spoti_object_file, noise_deg),
    NUMBER_OPTIONAL("seen_beyond_m", spoti_object_file, seen_beyond_m),
    TEXT_OPTIONAL("apart_from", spoti_object_file, apart_from),
    NUMBER_OPTIONAL("apart_m", spoti_object_file, apart_m),
    CYAML_FIELD_END};
static const cyaml_schema_value_t object = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, spoti_object_file, object_fields)};

static const cyaml_schema_field_t start_fields[] = {
    NUMBERS("x_m", spoti_start_file, x_m, 2), NUMBERS("y_m", spoti_start_file, y_m, 2),
    NUMBERS("z_m", spoti_start_file, z_m, 2), NUMBERS("yaw_deg", spoti_start_file, yaw_deg, 2),
    CYAML_FIELD_END};

static const cyaml_schema_field_t term_fields[] = {
    CYAML_FIELD_ENUM("type", CYAML_FLAG_STRICT, spoti_term, type, term_types,
                     CYAML_ARRAY_LEN(term_types)),
    TEXT_OPTIONAL("object", spoti_term, object), CYAML_FIELD_END};
static const cyaml_schema_value_t term = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, spoti_term, term_fields)};

static const cyaml_schema_field_t observation_fields[] = {
    INTEGER("history", spoti_observation_file, history),
    CYAML_FIELD_SEQUENCE("terms", CYAML_FLAG_POINTER, spoti_observation_file, terms, &term, 1,
                         SPOTI_TERMS_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_field_t camera_fields[] = {
    TEXT("name", spoti_camera_file, name), TEXT_OPTIONAL("camera", spoti_camera_file, camera),
    INTEGER("width", spoti_camera_file, width), INTEGER("height", spoti_camera_file, height),
    CYAML_FIELD_END};
static const cyaml_schema_value_t camera = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, spoti_camera_file, camera_fields)};

static const cyaml_schema_field_t condition_fields[] = {
    CYAML_FIELD_ENUM("type", CYAML_FLAG_STRICT, spoti_condition, type, condition_types,
                     CYAML_ARRAY_LEN(condition_types)),
    TEXT("object", spoti_condition, object),
    TEXT_OPTIONAL("region", spoti_condition, region),
    NUMBERS_OPTIONAL("half_m", spoti_condition, half_m, 3),
    NUMBER_OPTIONAL("speed_m_s", spoti_condition, speed_m_s),
    NUMBER_OPTIONAL("z_m", spoti_condition, z_m),
    CYAML_FIELD_ENUM("axis", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, spoti_condition, axis, axes,
                     CYAML_ARRAY_LEN(axes)),
    NUMBER_OPTIONAL("at_m", spoti_condition, at_m),
    TEXT_OPTIONAL("joint", spoti_condition, joint),
    CYAML_FIELD_END};
static const cyaml_schema_value_t condition = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, spoti_condition, condition_fields)};

static const cyaml_schema_field_t success_fields[] = {
    NUMBER("hold_s", spoti_success_file, hold_s),
    CYAML_FIELD_SEQUENCE("conditions", CYAML_FLAG_POINTER, spoti_success_file, conditions,
                         &condition, 1, SPOTI_CONDITIONS_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_field_t waypoint_fields[] = {
    TEXT_OPTIONAL("to", spoti_waypoint, to),
    TEXT_OPTIONAL("way", spoti_waypoint, way),
    NUMBERS("at_m", spoti_waypoint, at_m, 3),
    NUMBER_OPTIONAL("yaw_deg", spoti_waypoint, yaw_deg),
    CYAML_FIELD_ENUM("gripper", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, spoti_waypoint, gripper,
                     gripper_words, CYAML_ARRAY_LEN(gripper_words)),
    NUMBER_OPTIONAL("speed_m_s", spoti_waypoint, speed_m_s),
    NUMBER_OPTIONAL("near_m", spoti_waypoint, near_m),
    NUMBER_OPTIONAL("wait_s", spoti_waypoint, wait_s),
    CYAML_FIELD_END};
static const cyaml_schema_value_t waypoint = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, spoti_waypoint, waypoint_fields)};

static const cyaml_schema_field_t expert_fields[] = {
    TEXT_OPTIONAL("object", spoti_expert_file, object),
    TEXT_OPTIONAL("place", spoti_expert_file, place),
    CYAML_FIELD_ENUM("how", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, spoti_expert_file, how,
                     expert_hows, CYAML_ARRAY_LEN(expert_hows)),
    NUMBER_OR_NULL("grasp_z_m", spoti_expert_file, grasp_z_m),
    NUMBER_OPTIONAL("release_z_m", spoti_expert_file, release_z_m),
    NUMBER_OR_NULL("lift_z_m", spoti_expert_file, lift_z_m),
    CYAML_FIELD_SEQUENCE("waypoints", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, spoti_expert_file,
                         waypoints, &waypoint, 1, SPOTI_WAYPOINTS_MAX),
    CYAML_FIELD_END};

static const cyaml_schema_field_t task_fields[] = {
    TEXT("name", spoti_task_file, name),
    TEXT("description", spoti_task_file, description),
    TEXT_OPTIONAL("instruction", spoti_task_file, instruction),
    TEXT_OPTIONAL("backend", spoti_task_file, backend),
    CYAML_FIELD_ENUM("regime", CYAML_FLAG_STRICT, spoti_task_file, regime, regimes,
                     CYAML_ARRAY_LEN(regimes)),
    TEXT("model", spoti_task_file, model),
    CYAML_FIELD_MAPPING("control", CYAML_FLAG_DEFAULT, spoti_task_file, control, control_fields),
    NUMBER("time_limit_s", spoti_task_file, time_limit_s),
    TEXT("charge_as", spoti_task_file, charge_as),
    CYAML_FIELD_MAPPING("arm", CYAML_FLAG_DEFAULT, spoti_task_file, arm, arm_fields),
    CYAML_FIELD_MAPPING("gripper", CYAML_FLAG_DEFAULT, spoti_task_file, gripper, gripper_fields),
    CYAML_FIELD_MAPPING_PTR("disturbance", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
                            spoti_task_file, disturbance, disturbance_fields),
    CYAML_FIELD_SEQUENCE("objects", CYAML_FLAG_POINTER, spoti_task_file, objects, &object, 1,
                         SPOTI_OBJECTS_MAX),
    CYAML_FIELD_MAPPING("start", CYAML_FLAG_DEFAULT, spoti_task_file, start, start_fields),
    CYAML_FIELD_MAPPING("observation", CYAML_FLAG_DEFAULT, spoti_task_file, observation,
                        observation_fields),
    CYAML_FIELD_SEQUENCE("cameras", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, spoti_task_file,
                         cameras, &camera, 1, SPOTI_CAMERAS_MAX),
    CYAML_FIELD_MAPPING("success", CYAML_FLAG_DEFAULT, spoti_task_file, success, success_fields),
    CYAML_FIELD_SEQUENCE("failure", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, spoti_task_file,
                         failure, &condition, 0, SPOTI_CONDITIONS_MAX),
    CYAML_FIELD_SEQUENCE("grades", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, spoti_task_file,
                         grades, &condition, 0, SPOTI_CONDITIONS_MAX),
    CYAML_FIELD_MAPPING_PTR("expert", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, spoti_task_file,
                            expert, expert_fields),
    CYAML_FIELD_END};
static const cyaml_schema_value_t task_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, spoti_task_file, task_fields)};
/* clang-format on */

static spot_status check_or_free(const char *path, spoti_task_file *file, spoti_task_file **out,
                                 spot_diag *diag)
{
    spot_status st = spoti_task_check(path, file, diag);
    if (st != SPOT_OK) {
        spoti_task_file_free(file);
        return st;
    }
    *out = file;
    return SPOT_OK;
}

spot_status spoti_task_file_load(const char *path, spoti_task_file **out, spot_diag *diag)
{
    void *data = NULL;

    *out = NULL;
    spot_status st = spoti_yaml_load(path, &task_schema, &data, diag);
    return st != SPOT_OK ? st : check_or_free(path, data, out, diag);
}

spot_status spoti_task_file_parse(const char *name, const void *text_, size_t size,
                                  spoti_task_file **out, spot_diag *diag)
{
    void *data = NULL;

    *out = NULL;
    spot_status st = spoti_yaml_parse(name, text_, size, &task_schema, &data, diag);
    return st != SPOT_OK ? st : check_or_free(name, data, out, diag);
}

void spoti_task_file_free(spoti_task_file *file)
{
    spoti_yaml_free(&task_schema, file);
}

int spoti_task_file_object(const spoti_task_file *file, const char *name)
{
    for (unsigned i = 0; i < file->objects_count; i++) {
        if (strcmp(file->objects[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

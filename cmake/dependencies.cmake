# Debian packages; scripts/setup installs them. The core needs libm alone.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(HDF5 REQUIRED COMPONENTS C HL)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(libcyaml REQUIRED IMPORTED_TARGET libcyaml)
pkg_check_modules(libwebsockets REQUIRED IMPORTED_TARGET libwebsockets)
pkg_check_modules(msgpack REQUIRED IMPORTED_TARGET msgpack)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(yaml REQUIRED IMPORTED_TARGET yaml-0.1) # libcyaml's parser
include(${CMAKE_CURRENT_LIST_DIR}/mujoco.cmake)
if(SPOT_BUILD_TESTS)
  find_package(cmocka REQUIRED)
endif()

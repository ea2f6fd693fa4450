# SPOT_BARE: no third-party library, hence no lab, no tool, no cmocka. For a first look at a board, and
# for the cross build that the check `neon` makes.
add_subdirectory(src/core)
add_subdirectory(src/runtime)
if(SPOT_BUILD_TESTS AND CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  enable_testing()
  add_subdirectory(tests/checks/neon)
endif()

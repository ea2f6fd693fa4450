# Defines mujoco::mujoco. Not from mujoco's own package file: Debian's names include folders that its
# package does not bring. Installed, and used by spotConfig.cmake too.
if(NOT TARGET mujoco::mujoco)
  find_path(MUJOCO_INCLUDE_DIR mujoco/mujoco.h REQUIRED)
  find_library(MUJOCO_LIBRARY mujoco REQUIRED)
  add_library(mujoco::mujoco UNKNOWN IMPORTED)
  set_target_properties(mujoco::mujoco PROPERTIES
    IMPORTED_LOCATION ${MUJOCO_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${MUJOCO_INCLUDE_DIR})
endif()

# Defines mujoco::mujoco. Not from mujoco's own package file: Debian's names include folders that its
# package does not bring. Installed, and used by spotConfig.cmake too.
#
# MUJOCO_ROOT names another MuJoCo than the system's, and then no other is looked for: the folder of a release (include/
# and lib/), or `mujoco` in the site-packages of PyPI's wheel, whose library is called libmujoco.so.VERSION.
set(MUJOCO_ROOT "" CACHE PATH "Folder of one's own MuJoCo: a release, or that of PyPI's wheel; empty = the system's")

# Where a cached place belongs to another root, it is looked for anew.
if(NOT "${MUJOCO_ROOT}" STREQUAL "${MUJOCO_ROOT_OF_PLACES}")
  unset(MUJOCO_INCLUDE_DIR CACHE)
  unset(MUJOCO_LIBRARY CACHE)
  set(MUJOCO_ROOT_OF_PLACES "${MUJOCO_ROOT}" CACHE INTERNAL "")
endif()

if(NOT TARGET mujoco::mujoco)
  if(MUJOCO_ROOT)
    find_path(MUJOCO_INCLUDE_DIR mujoco/mujoco.h PATHS ${MUJOCO_ROOT}/include NO_DEFAULT_PATH)
    file(GLOB spot_mujoco_libraries
      ${MUJOCO_ROOT}/lib/libmujoco.so ${MUJOCO_ROOT}/libmujoco.so ${MUJOCO_ROOT}/libmujoco.so.*)
    foreach(spot_mujoco_library IN LISTS spot_mujoco_libraries)
      set(MUJOCO_LIBRARY ${spot_mujoco_library} CACHE FILEPATH "MuJoCo's library")
    endforeach()
    if(NOT MUJOCO_INCLUDE_DIR OR NOT MUJOCO_LIBRARY)
      message(FATAL_ERROR "MUJOCO_ROOT=${MUJOCO_ROOT} has no MuJoCo: expected include/mujoco/mujoco.h and lib/libmujoco.so "
        "(a release), or include/mujoco/mujoco.h and libmujoco.so.VERSION (the folder of PyPI's wheel)")
    endif()
  else()
    find_path(MUJOCO_INCLUDE_DIR mujoco/mujoco.h REQUIRED)
    find_library(MUJOCO_LIBRARY mujoco REQUIRED)
  endif()
  add_library(mujoco::mujoco UNKNOWN IMPORTED)
  set_target_properties(mujoco::mujoco PROPERTIES
    IMPORTED_LOCATION ${MUJOCO_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${MUJOCO_INCLUDE_DIR})
endif()

# libsweetspot.so: the three halls in one file, for bindings and for programs that do not want to link
# what we link. It is made of the objects of the static libraries, so nothing is compiled twice, and
# exports what the headers declare SPOT_API (tests/checks/api.py compares).
add_library(spot_shared SHARED
  $<TARGET_OBJECTS:spot_core> $<TARGET_OBJECTS:spot_runtime> $<TARGET_OBJECTS:spot_lab>)
add_library(spot::shared ALIAS spot_shared)
target_include_directories(spot_shared
  INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
foreach(hall core runtime lab)
  get_target_property(needs spot_${hall} LINK_LIBRARIES)
  list(FILTER needs EXCLUDE REGEX "^spot_") # the halls below
  target_link_libraries(spot_shared PRIVATE ${needs})
endforeach()
# Before 1.0 a minor release may break callers, so its number is part of the name that they ask for.
set(spot_soversion ${PROJECT_VERSION_MAJOR})
if(spot_soversion EQUAL 0)
  string(APPEND spot_soversion .${PROJECT_VERSION_MINOR})
endif()
set_target_properties(spot_shared PROPERTIES
  EXPORT_NAME shared OUTPUT_NAME sweetspot LINKER_LANGUAGE C
  VERSION ${PROJECT_VERSION} SOVERSION ${spot_soversion} INSTALL_RPATH_USE_LINK_PATH ON)
if(NOT SPOT_SANITIZE) # a sanitizer's runtime is part of programs alone
  target_link_options(spot_shared PRIVATE LINKER:-z,defs)
endif()

# libsweetspot.so: the three halls in one file, for bindings and for programs that do not want to link
# what we link. It is made of the objects of the static libraries, so nothing is compiled twice, and
# exports what the headers declare SPOT_API (tests/checks/api.py compares).
#
# libsweetspot-analysis.so: the same without simulators and HDF5 (src/lab/CMakeLists.txt says which files), so that
# logs are judged, own worlds tuned and policies served where neither is installed.

# spot_add_shared(<target> <file> <objects...>)
function(spot_add_shared target file)
  add_library(${target} SHARED ${ARGN})
  target_include_directories(${target}
    INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
  # Before 1.0 a minor release may break callers, so its number is part of the name that they ask for.
  set(soversion ${PROJECT_VERSION_MAJOR})
  if(soversion EQUAL 0)
    string(APPEND soversion .${PROJECT_VERSION_MINOR})
  endif()
  string(REPLACE "spot_" "" export ${target})
  add_library(spot::${export} ALIAS ${target})
  set_target_properties(${target} PROPERTIES
    EXPORT_NAME ${export} OUTPUT_NAME ${file} LINKER_LANGUAGE C
    VERSION ${PROJECT_VERSION} SOVERSION ${soversion} INSTALL_RPATH_USE_LINK_PATH ON)
  if(NOT SPOT_SANITIZE) # a sanitizer's runtime is part of programs alone
    target_link_options(${target} PRIVATE LINKER:-z,defs)
  endif()
endfunction()

set(spot_objects $<TARGET_OBJECTS:spot_core> $<TARGET_OBJECTS:spot_runtime>)
set(spot_needs ${spot_lab_needs})
foreach(hall core runtime)
  get_target_property(needs spot_${hall} LINK_LIBRARIES)
  list(FILTER needs EXCLUDE REGEX "^spot_") # the halls below
  list(APPEND spot_needs ${needs})
endforeach()

set(spot_analysis_objects $<TARGET_OBJECTS:spot_lab>)
if(SPOT_SIMULATORS)
  spot_add_shared(spot_shared sweetspot ${spot_objects} $<TARGET_OBJECTS:spot_lab>)
  target_link_libraries(spot_shared PRIVATE ${spot_needs} ${spot_lab_simulator_needs})
  list(JOIN spot_lab_simulator_sources "|" left_out)
  string(REPLACE "." "[.]" left_out "/(${left_out}).o$")
  set(spot_analysis_objects
    $<FILTER:$<TARGET_OBJECTS:spot_lab>,EXCLUDE,${left_out}> $<TARGET_OBJECTS:spot_lab_without>)
endif()
spot_add_shared(spot_analysis sweetspot-analysis ${spot_objects} ${spot_analysis_objects})
target_link_libraries(spot_analysis PRIVATE ${spot_needs})

# What a Python wheel holds beside the package's own files (bindings/python/pyproject.toml installs component `python`):
# the shared libraries, and the plain files that are looked for by name. Policies are large and stay with the tool.
set(spot_python_libraries spot_analysis)
if(SPOT_SIMULATORS)
  list(APPEND spot_python_libraries spot_shared)
endif()
foreach(library IN LISTS spot_python_libraries) # once, by the name that is looked for: wheels hold no links
  install(FILES $<TARGET_FILE:${library}> RENAME $<TARGET_SONAME_FILE_NAME:${library}>
    DESTINATION sweetspot COMPONENT python EXCLUDE_FROM_ALL)
endforeach()
install(DIRECTORY
  ${PROJECT_SOURCE_DIR}/platforms ${PROJECT_SOURCE_DIR}/links ${PROJECT_SOURCE_DIR}/models
  ${PROJECT_SOURCE_DIR}/published ${PROJECT_SOURCE_DIR}/tasks
  DESTINATION sweetspot/data COMPONENT python EXCLUDE_FROM_ALL)
add_custom_target(sweetspot_python DEPENDS ${spot_python_libraries})

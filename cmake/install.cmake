# Headers, the three static libraries, the shared one, and how a consumer finds them: find_package(spot) and pkg-config.
include(CMakePackageConfigHelpers)

set(spot_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/spot)
set(spot_installed spot_core spot_runtime spot_lab spot_shared spot_analysis)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/spot DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS ${spot_installed} EXPORT spot
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT spot NAMESPACE spot:: FILE spotTargets.cmake DESTINATION ${spot_cmake_dir})

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/spotConfig.cmake.in ${PROJECT_BINARY_DIR}/spotConfig.cmake
  INSTALL_DESTINATION ${spot_cmake_dir})
# Before 1.0 a minor release may break callers.
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/spotConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/spotConfig.cmake ${PROJECT_BINARY_DIR}/spotConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/cmake/mujoco.cmake
  DESTINATION ${spot_cmake_dir})

# One .pc file a hall; spot.pc is all of them. These libraries are static, so what they need is public.
# sweetspot.pc is the shared library, which brings what it needs.
list(JOIN HDF5_C_LIBRARIES " " spot_hdf5_libs)
foreach(pc spot-core.pc spot-runtime.pc spot.pc sweetspot.pc)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/${pc}.in ${PROJECT_BINARY_DIR}/${pc} @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${pc} DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

# The tool, and the plain files that it looks for by name.
install(TARGETS sweetspot RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY
  ${PROJECT_SOURCE_DIR}/tasks ${PROJECT_SOURCE_DIR}/platforms ${PROJECT_SOURCE_DIR}/policies
  ${PROJECT_SOURCE_DIR}/links ${PROJECT_SOURCE_DIR}/models
  ${PROJECT_SOURCE_DIR}/published
  DESTINATION ${CMAKE_INSTALL_DATADIR}/sweetspot)

# The manual page and the completions, which the tool prints from its own tables of options.
if(NOT CMAKE_CROSSCOMPILING)
  set(spot_pages ${PROJECT_BINARY_DIR}/pages)
  foreach(page man:sweetspot.1 bash:sweetspot zsh:_sweetspot fish:sweetspot.fish)
    string(REPLACE ":" ";" page ${page})
    list(GET page 0 form)
    list(GET page 1 name)
    add_custom_command(OUTPUT ${spot_pages}/${form}/${name}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${spot_pages}/${form}
      COMMAND $<TARGET_FILE:sweetspot> help ${form} > ${spot_pages}/${form}/${name}
      DEPENDS sweetspot VERBATIM)
    list(APPEND spot_page_files ${spot_pages}/${form}/${name})
  endforeach()
  add_custom_target(sweetspot_pages ALL DEPENDS ${spot_page_files})
  install(FILES ${spot_pages}/man/sweetspot.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${spot_pages}/bash/sweetspot DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${spot_pages}/zsh/_sweetspot DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES ${spot_pages}/fish/sweetspot.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()

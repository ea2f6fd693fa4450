# Headers, the three libraries, and how a consumer finds them: find_package(spot) and pkg-config.
include(CMakePackageConfigHelpers)

set(spot_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/spot)
set(spot_installed spot_core spot_runtime spot_lab)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/spot DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS ${spot_installed} EXPORT spot ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
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

# One .pc file a hall; spot.pc is all of them. The libraries are static, so what they need is public.
configure_file(
  ${PROJECT_SOURCE_DIR}/cmake/spot-core.pc.in ${PROJECT_BINARY_DIR}/spot-core.pc @ONLY)
configure_file(
  ${PROJECT_SOURCE_DIR}/cmake/spot-runtime.pc.in ${PROJECT_BINARY_DIR}/spot-runtime.pc @ONLY)
list(JOIN HDF5_C_LIBRARIES " " spot_hdf5_libs)
configure_file(${PROJECT_SOURCE_DIR}/cmake/spot.pc.in ${PROJECT_BINARY_DIR}/spot.pc @ONLY)
install(FILES
  ${PROJECT_BINARY_DIR}/spot-core.pc ${PROJECT_BINARY_DIR}/spot-runtime.pc
  ${PROJECT_BINARY_DIR}/spot.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The tool, and the plain files that it looks for by name.
install(TARGETS sweetspot RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY
  ${PROJECT_SOURCE_DIR}/tasks ${PROJECT_SOURCE_DIR}/platforms ${PROJECT_SOURCE_DIR}/policies
  ${PROJECT_SOURCE_DIR}/published
  DESTINATION ${CMAKE_INSTALL_DATADIR}/sweetspot)

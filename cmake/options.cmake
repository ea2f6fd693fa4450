# Flags that every target of the project shares, as one interface target.
set(CMAKE_EXPORT_COMPILE_COMMANDS ON) # for clang-tidy
add_library(spot_options INTERFACE)
target_compile_features(spot_options INTERFACE c_std_11)
target_compile_definitions(spot_options INTERFACE _POSIX_C_SOURCE=200809L)
target_compile_options(spot_options INTERFACE
  # One rounding per operation, whatever the compiler: the same seed gives the same bytes.
  -ffp-contract=off
  -Wall -Wextra -Wpedantic -Wshadow -Wcast-qual -Wundef -Wformat=2 -Wimplicit-fallthrough
  $<$<COMPILE_LANGUAGE:C>:-Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes -Wvla>
  $<$<BOOL:${SPOT_WERROR}>:-Werror>)
if(SPOT_SANITIZE)
  target_compile_options(spot_options INTERFACE
    -fsanitize=${SPOT_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g)
  target_link_options(spot_options INTERFACE -fsanitize=${SPOT_SANITIZE})
endif()
if(SPOT_BUILD_FUZZ)
  set(SPOT_FUZZ_SECONDS 5 CACHE STRING "How long each fuzz target searches, s")
  if(NOT CMAKE_C_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "SPOT_BUILD_FUZZ needs clang (cmake --preset asan)")
  endif()
  # coverage for libFuzzer in the libraries; the fuzz targets themselves link its main
  target_compile_options(spot_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

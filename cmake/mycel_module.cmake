# mycel_test(<name> <program> <source>...)
# What ctest runs. A program of many sources is several tests, `<name>/1` and so on, of some eight
# each, and the largest start first, so that no core waits for the last one.
function(mycel_test name program)
  list(LENGTH ARGN files)
  math(EXPR shards "${files} / 8")
  if(shards LESS 2)
    add_test(NAME ${name} COMMAND ${program})
    set_tests_properties(${name} PROPERTIES COST ${files})
    return()
  endif()
  foreach(shard RANGE 1 ${shards})
    math(EXPR index "${shard} - 1")
    add_test(NAME ${name}/${shard} COMMAND ${program})
    set_tests_properties(${name}/${shard} PROPERTIES COST ${files}
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${shards};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()

# mycel_module(<layer/name> USES <layer/name>... LINKS <target>...)
# One library a folder. Beside it:
#   <name>_linkable    a program that holds all of the library and only what it declares: it must link
#   <name>_test     its *_test.cpp, run by ctest as <layer/name>, see mycel_test
#   <stem>_fuzz     one libFuzzer program for each *_fuzz.cpp, in the fuzzing preset
#   <name>_bench    its *_bench.cpp
function(mycel_module path)
  cmake_parse_arguments(arg "" "" "USES;LINKS" ${ARGN})
  string(REPLACE "/" "_" name ${path})
  set(folder ${PROJECT_SOURCE_DIR}/src/${path})
  file(GLOB headers CONFIGURE_DEPENDS ${folder}/*.hpp)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  file(GLOB tests CONFIGURE_DEPENDS ${folder}/*_test.cpp)
  file(GLOB fuzzers CONFIGURE_DEPENDS ${folder}/*_fuzz.cpp)
  file(GLOB benches CONFIGURE_DEPENDS ${folder}/*_bench.cpp)
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz|bench)\\.cpp$")
  list(TRANSFORM arg_USES REPLACE "/" "_" OUTPUT_VARIABLE uses)

  add_library(${name} STATIC ${sources} ${PROJECT_SOURCE_DIR}/cmake/empty.cpp)
  target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src FILES ${headers})
  target_link_libraries(${name} PUBLIC ${uses} ${arg_LINKS})
  set_property(GLOBAL APPEND PROPERTY mycel_modules ${name})

  add_executable(${name}_linkable ${PROJECT_SOURCE_DIR}/cmake/empty_main.cpp)
  target_link_libraries(${name}_linkable PRIVATE $<LINK_LIBRARY:WHOLE_ARCHIVE,${name}> ${uses} ${arg_LINKS})

  if(tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} GTest::gtest_main GTest::gmock rapidcheck)
    mycel_test(${path} ${name}_test ${tests})
  endif()
  if(MYCEL_FUZZ)
    foreach(fuzzer ${fuzzers})
      get_filename_component(stem ${fuzzer} NAME_WE)
      add_executable(${stem} ${fuzzer})
      target_link_libraries(${stem} PRIVATE ${name})
      target_link_options(${stem} PRIVATE -fsanitize=fuzzer)
      set_property(TARGET ${stem} PROPERTY RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz)
    endforeach()
  endif()
  if(benches)
    add_executable(${name}_bench ${benches})
    target_link_libraries(${name}_bench PRIVATE ${name} benchmark benchmark_main)
  endif()
endfunction()

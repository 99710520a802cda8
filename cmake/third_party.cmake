# Every library that is not ours, each under one name. Which module may use which stands in
# src/layers.toml.

# The private prefix: OpenSSL and ngtcp2, static. See tools/setup/prefix.sh.
if(NOT MYCEL_PREFIX)
  execute_process(COMMAND ${PROJECT_SOURCE_DIR}/tools/setup/prefix.sh --path
                  OUTPUT_VARIABLE MYCEL_PREFIX OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()
if(NOT EXISTS ${MYCEL_PREFIX}/.complete)
  message(FATAL_ERROR "The private prefix with OpenSSL and ngtcp2 is not built. Run ./dev setup first.")
endif()

find_package(Threads REQUIRED)
find_package(RocksDB REQUIRED)
find_package(GTest REQUIRED)

function(mycel_external name)
  cmake_parse_arguments(arg "" "" "INCLUDE;LINK" ${ARGN})
  add_library(${name} INTERFACE)
  target_include_directories(${name} SYSTEM BEFORE INTERFACE ${arg_INCLUDE})
  target_link_libraries(${name} INTERFACE ${arg_LINK})
endfunction()

# Two OpenSSLs must never mix in one process: other libraries may load the system's libssl 3.0, so
# the symbols of ours are not exported from anything that we link. tools/check_one_openssl.sh proves it.
mycel_external(mycel_openssl INCLUDE ${MYCEL_PREFIX}/include
  LINK ${MYCEL_PREFIX}/lib/libssl.a ${MYCEL_PREFIX}/lib/libcrypto.a Threads::Threads dl)
target_link_options(mycel_openssl INTERFACE LINKER:--exclude-libs,libssl.a:libcrypto.a)
mycel_external(mycel_ngtcp2 INCLUDE ${MYCEL_PREFIX}/include
  LINK ${MYCEL_PREFIX}/lib/libngtcp2_crypto_ossl.a ${MYCEL_PREFIX}/lib/libngtcp2.a mycel_openssl)

mycel_external(mycel_sodium LINK sodium)
mycel_external(mycel_asio LINK Threads::Threads)
mycel_external(mycel_json LINK boost_json)
mycel_external(mycel_url LINK boost_url)
mycel_external(mycel_log LINK spdlog fmt)
target_compile_definitions(mycel_log INTERFACE SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL SPDLOG_SHARED_LIB)
mycel_external(mycel_rocksdb LINK RocksDB::rocksdb-shared)
mycel_external(mycel_prometheus LINK prometheus-cpp-core)
mycel_external(mycel_toml)
mycel_external(mycel_cli)

# libb2, the reference implementation of BLAKE2, as B2::b2. It ships a pkg-config file and nothing for CMake.

include(FindPackageHandleStandardArgs)

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
    pkg_check_modules(_b2 QUIET libb2)
endif()
find_path(B2_INCLUDE_DIR blake2.h HINTS ${_b2_INCLUDE_DIRS} DOC "The folder that holds blake2.h")
find_library(B2_LIBRARY b2 HINTS ${_b2_LIBRARY_DIRS} DOC "The library libb2")
mark_as_advanced(B2_INCLUDE_DIR B2_LIBRARY)
set(B2_VERSION "${_b2_VERSION}")

find_package_handle_standard_args(B2
    REQUIRED_VARS B2_LIBRARY B2_INCLUDE_DIR
    VERSION_VAR B2_VERSION
    REASON_FAILURE_MESSAGE "Debian and Ubuntu: apt-get install libb2-dev. Elsewhere: set B2_ROOT")

if(B2_FOUND AND NOT TARGET B2::b2)
    add_library(B2::b2 UNKNOWN IMPORTED)
    set_target_properties(B2::b2 PROPERTIES
        IMPORTED_LOCATION "${B2_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${B2_INCLUDE_DIR}")
endif()

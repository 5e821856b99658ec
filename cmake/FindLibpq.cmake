# libpq, PostgreSQL's own client library, as Libpq::pq. CMake's module for PostgreSQL wants the server's headers with it in some versions.

include(FindPackageHandleStandardArgs)

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
    pkg_check_modules(_libpq QUIET libpq)
endif()
find_path(LIBPQ_INCLUDE_DIR libpq-fe.h HINTS ${_libpq_INCLUDE_DIRS} PATH_SUFFIXES postgresql
    DOC "The folder that holds libpq-fe.h")
find_library(LIBPQ_LIBRARY pq HINTS ${_libpq_LIBRARY_DIRS} DOC "The library libpq")
mark_as_advanced(LIBPQ_INCLUDE_DIR LIBPQ_LIBRARY)

find_package_handle_standard_args(Libpq
    REQUIRED_VARS LIBPQ_LIBRARY LIBPQ_INCLUDE_DIR
    REASON_FAILURE_MESSAGE "Debian and Ubuntu: apt-get install libpq-dev. Elsewhere: set Libpq_ROOT")

if(Libpq_FOUND AND NOT TARGET Libpq::pq)
    add_library(Libpq::pq UNKNOWN IMPORTED)
    set_target_properties(Libpq::pq PROPERTIES
        IMPORTED_LOCATION "${LIBPQ_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${LIBPQ_INCLUDE_DIR}")
endif()

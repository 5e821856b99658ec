# SOCI, under one pair of names: SOCI::core and SOCI::sqlite3.
#
# Distributions ship SOCI 4.0 without a CMake configuration; a SOCI that was built from source has one, and it changed the names
# of its targets between releases. This module takes what is there:
#
#   1. targets that a parent project made already;
#   2. SOCI's own configuration, whichever names it uses;
#   3. the headers and libraries in the usual places (set SOCI_ROOT for others).
#
# Components are backends (sqlite3, postgresql, mysql); core always comes along. Sets SOCI_FOUND and SOCI_VERSION.

include(FindPackageHandleStandardArgs)

set(_soci_backends ${SOCI_FIND_COMPONENTS})
list(REMOVE_ITEM _soci_backends core)

# How SOCI 4.1 spells its parts.
set(_soci_pretty_core Core)
set(_soci_pretty_sqlite3 SQLite3)
set(_soci_pretty_postgresql PostgreSQL)
set(_soci_pretty_mysql MySQL)

# Every spelling that a SOCI build has given to one part of itself, the shared library before the static one.
function(_soci_adopt part)
    if(TARGET SOCI::${part})
        return()
    endif()
    foreach(name IN ITEMS SOCI::${_soci_pretty_${part}} SOCI::soci_${part} SOCI::soci_${part}_static Soci::${part} soci_${part})
        if(TARGET ${name})
            add_library(SOCI::${part} INTERFACE IMPORTED)
            target_link_libraries(SOCI::${part} INTERFACE ${name})
            return()
        endif()
    endforeach()
endfunction()

macro(_soci_adopt_all)
    foreach(_soci_part IN ITEMS core ${_soci_backends})
        _soci_adopt(${_soci_part})
        if(TARGET SOCI::${_soci_part})
            set(SOCI_${_soci_part}_FOUND TRUE)
        endif()
    endforeach()
endmacro()

_soci_adopt_all()
if(NOT TARGET SOCI::core)
    # SOCI 4.1 knows its components by its own spelling, and changes the list that this module was called with.
    set(_soci_wanted "${SOCI_FIND_COMPONENTS}")
    set(_soci_pretty "")
    foreach(_soci_part IN LISTS _soci_backends)
        list(APPEND _soci_pretty ${_soci_pretty_${_soci_part}})
    endforeach()
    find_package(SOCI QUIET CONFIG OPTIONAL_COMPONENTS Core ${_soci_pretty})
    set(SOCI_FIND_COMPONENTS "${_soci_wanted}")
    unset(SOCI_FOUND)
    _soci_adopt_all()
endif()

if(TARGET SOCI::core)
    set(_soci_where SOCI_core_FOUND)
else()
    find_path(SOCI_INCLUDE_DIR soci/soci.h DOC "The folder that holds soci/soci.h")
    find_library(SOCI_core_LIBRARY soci_core DOC "SOCI's core library")
    mark_as_advanced(SOCI_INCLUDE_DIR SOCI_core_LIBRARY)
    set(_soci_where SOCI_core_LIBRARY SOCI_INCLUDE_DIR)

    if(SOCI_INCLUDE_DIR AND EXISTS "${SOCI_INCLUDE_DIR}/soci/version.h")
        # 400003 is 4.0.3: hundred-thousands, hundreds, units.
        file(STRINGS "${SOCI_INCLUDE_DIR}/soci/version.h" _soci_line REGEX "^#define SOCI_VERSION [0-9]+")
        if(_soci_line MATCHES "([0-9]+)$")
            math(EXPR _soci_major "${CMAKE_MATCH_1} / 100000")
            math(EXPR _soci_minor "${CMAKE_MATCH_1} / 100 % 1000")
            math(EXPR _soci_patch "${CMAKE_MATCH_1} % 100")
            set(SOCI_VERSION "${_soci_major}.${_soci_minor}.${_soci_patch}")
        endif()
    endif()

    # A SOCI that was built with Boost includes its headers from its own, though no package says so.
    set(_soci_include_dirs "${SOCI_INCLUDE_DIR}")
    if(SOCI_INCLUDE_DIR AND EXISTS "${SOCI_INCLUDE_DIR}/soci/soci-config.h")
        file(STRINGS "${SOCI_INCLUDE_DIR}/soci/soci-config.h" _soci_line REGEX "^#define SOCI_HAVE_BOOST$")
        if(_soci_line)
            find_path(SOCI_BOOST_INCLUDE_DIR boost/version.hpp DOC "The folder of the Boost headers that SOCI's headers include")
            mark_as_advanced(SOCI_BOOST_INCLUDE_DIR)
            list(APPEND _soci_where SOCI_BOOST_INCLUDE_DIR)
            list(APPEND _soci_include_dirs "${SOCI_BOOST_INCLUDE_DIR}")
            list(REMOVE_DUPLICATES _soci_include_dirs)
        endif()
    endif()

    if(SOCI_INCLUDE_DIR AND SOCI_core_LIBRARY)
        add_library(SOCI::core UNKNOWN IMPORTED)
        set_target_properties(SOCI::core PROPERTIES
            IMPORTED_LOCATION "${SOCI_core_LIBRARY}"
            INTERFACE_INCLUDE_DIRECTORIES "${_soci_include_dirs}"
            INTERFACE_LINK_LIBRARIES "${CMAKE_DL_LIBS}")
        set(SOCI_core_FOUND TRUE)
        foreach(_soci_part IN LISTS _soci_backends)
            find_library(SOCI_${_soci_part}_LIBRARY soci_${_soci_part} DOC "SOCI's backend ${_soci_part}")
            mark_as_advanced(SOCI_${_soci_part}_LIBRARY)
            if(SOCI_${_soci_part}_LIBRARY AND EXISTS "${SOCI_INCLUDE_DIR}/soci/${_soci_part}/soci-${_soci_part}.h")
                add_library(SOCI::${_soci_part} UNKNOWN IMPORTED)
                set_target_properties(SOCI::${_soci_part} PROPERTIES
                    IMPORTED_LOCATION "${SOCI_${_soci_part}_LIBRARY}"
                    INTERFACE_LINK_LIBRARIES SOCI::core)
                set(SOCI_${_soci_part}_FOUND TRUE)
            endif()
        endforeach()
        # The header of a backend includes its client library's own header, wherever that is.
        if(TARGET SOCI::sqlite3)
            find_package(SQLite3 QUIET)
            if(TARGET SQLite::SQLite3)
                set_property(TARGET SOCI::sqlite3 APPEND PROPERTY INTERFACE_LINK_LIBRARIES SQLite::SQLite3)
            endif()
        endif()
        if(TARGET SOCI::postgresql)
            find_path(SOCI_LIBPQ_INCLUDE_DIR libpq-fe.h PATH_SUFFIXES postgresql DOC "The folder that holds libpq-fe.h")
            mark_as_advanced(SOCI_LIBPQ_INCLUDE_DIR)
            if(SOCI_LIBPQ_INCLUDE_DIR)
                set_target_properties(SOCI::postgresql PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${SOCI_LIBPQ_INCLUDE_DIR}")
            endif()
        endif()
    endif()
endif()

find_package_handle_standard_args(SOCI
    REQUIRED_VARS ${_soci_where}
    VERSION_VAR SOCI_VERSION
    HANDLE_COMPONENTS
    REASON_FAILURE_MESSAGE "Debian and Ubuntu: apt-get install libsoci-dev libboost-dev. Elsewhere: set SOCI_ROOT to the prefix of SOCI 4")

# Run by CTest: builds tests/package/consumer as a stranger would, and runs it. WAY says where it gets evolver from: installed
# (to a prefix made for this test), build_tree (this build's folder) or subdirectory (these sources).
#
# `installed` also builds the acceptance program, unchanged, where it can be found: in the folder that the environment variable
# EVOLVER_SHARED names, else in ../shared beside the sources.

function(run what)
    execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        list(JOIN ARGN " " command)
        message("${output}")  # FATAL_ERROR would fold the compiler's lines
        message(FATAL_ERROR "${what} failed (${result}): ${command}")
    endif()
    if(what MATCHES "^running")
        message("${output}")
    endif()
endfunction()

# Builds a program against evolver and runs it in an empty folder.
function(use_evolver name)
    set(build "${WORK_DIR}/${name}")
    run("configuring ${name}" "${CMAKE_COMMAND}" -S "${SOURCE_DIR}/tests/package/consumer" -B "${build}" -G "${GENERATOR}"
        "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER}" "-DCMAKE_BUILD_TYPE=${BUILD_TYPE}" ${ARGN})
    run("building ${name}" "${CMAKE_COMMAND}" --build "${build}" --parallel)
    file(MAKE_DIRECTORY "${build}/run")
    run("running ${name}" "${CMAKE_COMMAND}" -E chdir "${build}/run" "${build}/consumer")
endfunction()

# The consumer with SQL files embedded, which it compares with the folder: as they are, and after one changed and one
# came.
function(use_migrations)
    set(migrations "${WORK_DIR}/migrations")
    file(COPY "${SOURCE_DIR}/tests/package/consumer/migrations/" DESTINATION "${migrations}")
    use_evolver(consumer "-DMIGRATIONS=${migrations}" ${ARGN})
    file(APPEND "${migrations}/0.10/01__pinned.sql" "-- a change\n")
    file(WRITE "${migrations}/0.11/01__more.sql" "CREATE TABLE more (a);\n")
    run("building it again" "${CMAKE_COMMAND}" --build "${WORK_DIR}/consumer" --parallel)
    run("running it again" "${WORK_DIR}/consumer/consumer")
endfunction()

file(REMOVE_RECURSE "${WORK_DIR}")

if(WAY STREQUAL "installed")
    run("installing" "${CMAKE_COMMAND}" --install "${BINARY_DIR}" --prefix "${WORK_DIR}/prefix")
    use_migrations("-DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix")

    set(shared "${SOURCE_DIR}/../shared")
    if(DEFINED ENV{EVOLVER_SHARED})
        set(shared "$ENV{EVOLVER_SHARED}")
    endif()
    set(quickstart "${shared}/acceptance/quickstart.cpp")
    if(EXISTS "${quickstart}")
        use_evolver(quickstart "-DCMAKE_PREFIX_PATH=${WORK_DIR}/prefix" "-DPROGRAM=${quickstart}")
    else()
        message("no acceptance program at ${quickstart}: left out")
    endif()
elseif(WAY STREQUAL "build_tree")
    use_migrations("-Devolver_DIR=${BINARY_DIR}")
elseif(WAY STREQUAL "subdirectory")
    # Without optimisation and debug information: this compiles the whole library once more.
    use_migrations("-DEVOLVER_SOURCES=${SOURCE_DIR}" -DCMAKE_CXX_FLAGS_DEBUG=-O0 -DCMAKE_CXX_FLAGS_RELEASE=-O0)
else()
    message(FATAL_ERROR "WAY=${WAY}?")
endif()

# evolver_embed_migrations(TARGET <target> DIRECTORY <folder> [NAME <name>])
#
# Compiles a folder of SQL files into the target, so that the program needs no folder where it runs. The target gets the
# header <name>_plan.hpp with
#
#     evolver::Plan <name>_plan(evolver::DirectoryOptions options = {});
#
# which is Plan::from_directory() of that folder: same options, same digest; the plan's name is NAME unless the options
# say another. NAME is the folder's name by default. A file that changes, comes or goes makes the source anew at the
# next build. The target links evolver::evolver itself. A program in the folder (00002_rows.go), which from_directory()
# would refuse, is not seen here.

function(evolver_embed_migrations)
    cmake_parse_arguments(PARSE_ARGV 0 arg "" "TARGET;DIRECTORY;NAME" "")
    foreach(needed IN ITEMS TARGET DIRECTORY)
        if(NOT arg_${needed})
            message(FATAL_ERROR "evolver_embed_migrations: ${needed} is missing: "
                "evolver_embed_migrations(TARGET <target> DIRECTORY <folder> [NAME <name>])")
        endif()
    endforeach()
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "evolver_embed_migrations does not know: ${arg_UNPARSED_ARGUMENTS}")
    endif()
    if(NOT TARGET ${arg_TARGET})
        message(FATAL_ERROR "evolver_embed_migrations: there is no target ${arg_TARGET}; "
            "call it after add_executable or add_library")
    endif()
    get_filename_component(directory "${arg_DIRECTORY}" ABSOLUTE)
    if(NOT IS_DIRECTORY "${directory}")
        message(FATAL_ERROR "evolver_embed_migrations: there is no folder ${directory}")
    endif()
    if(NOT arg_NAME)
        get_filename_component(folder "${directory}" NAME)
        string(MAKE_C_IDENTIFIER "${folder}" arg_NAME)
    endif()
    if(NOT arg_NAME MATCHES "^[A-Za-z][A-Za-z0-9_]*$")
        message(FATAL_ERROR "evolver_embed_migrations: NAME ${arg_NAME} becomes the function ${arg_NAME}_plan, "
            "and is no C++ name")
    endif()

    file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE "${directory}" "${directory}/*.sql" "${directory}/*.SQL")
    list(FILTER files EXCLUDE REGEX "(^|/)\\.")  # hidden
    list(REMOVE_DUPLICATES files)
    list(SORT files)
    if(NOT files)
        message(FATAL_ERROR "evolver_embed_migrations: ${directory} holds no SQL file")
    endif()

    set(generated "${CMAKE_CURRENT_BINARY_DIR}/evolver_migrations/${arg_NAME}")
    set(depends "${files}")
    list(TRANSFORM depends PREPEND "${directory}/")
    # The list is a file of its own: it changes when a file comes or goes.
    list(JOIN files "\n" lines)
    file(GENERATE OUTPUT "${generated}/files.txt" CONTENT "${lines}\n")
    set(script "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/evolver_embed_files.cmake")
    add_custom_command(
        OUTPUT "${generated}/${arg_NAME}_plan.cpp" "${generated}/${arg_NAME}_plan.hpp"
        COMMAND "${CMAKE_COMMAND}" "-DDIRECTORY=${directory}" "-DNAME=${arg_NAME}" "-DGENERATED=${generated}"
            -P "${script}"
        DEPENDS ${depends} "${generated}/files.txt" "${script}"
        COMMENT "Embedding the migrations of ${arg_NAME}"
        VERBATIM)
    target_sources(${arg_TARGET} PRIVATE "${generated}/${arg_NAME}_plan.cpp" "${generated}/${arg_NAME}_plan.hpp")
    target_include_directories(${arg_TARGET} PUBLIC "$<BUILD_INTERFACE:${generated}>")
endfunction()

# Run by CTest: compiles each public header in a file of its own, the syntax only. Reads the folder, so that no header is
# forgotten.
file(GLOB_RECURSE headers RELATIVE "${INCLUDE_DIR}" "${INCLUDE_DIR}/*.hpp")
list(LENGTH headers count)
if(count EQUAL 0)
    message(FATAL_ERROR "no headers under ${INCLUDE_DIR}")
endif()

# The compiler's own folder must keep its place: named here, it would come before the standard library's.
set(system_flags "")
list(REMOVE_ITEM SYSTEM_DIRS /usr/include)
foreach(dir IN LISTS SYSTEM_DIRS)
    list(APPEND system_flags -isystem "${dir}")
endforeach()

set(broken "")
foreach(header IN LISTS headers)
    execute_process(
        COMMAND "${COMPILER}" -std=c++20 -Wall -Wextra -Werror -fsyntax-only "-I${INCLUDE_DIR}" ${system_flags}
            -include "${header}" -x c++ /dev/null
        ERROR_VARIABLE errors
        RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        string(APPEND broken "\n${header} does not compile alone:\n${errors}")
    endif()
endforeach()
if(broken)
    message("${broken}")  # FATAL_ERROR would fold the compiler's lines
    message(FATAL_ERROR "a public header includes too little")
endif()
message(STATUS "${count} headers compile alone")

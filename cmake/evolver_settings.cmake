# How evolver's own targets are compiled: warnings and sanitizers. Nothing of it reaches a program that links the library, and
# none of it applies when evolver is a part of somebody else's build, except a sanitizer that was asked for by name.

set(evolver_warnings
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wsuggest-override -Wcast-qual -Wformat=2 -Wnull-dereference -Wundef -Wextra-semi
    -Wdouble-promotion -Wimplicit-fallthrough -Wswitch-enum)

# -fno-sanitize=vptr: SOCI's libraries hide the type information that this check links against.
if(EVOLVER_SANITIZE)
    list(JOIN EVOLVER_SANITIZE "," evolver_sanitizers)
    set(evolver_sanitize_flags "-fsanitize=${evolver_sanitizers}" -fno-sanitize-recover=all -fno-omit-frame-pointer)
    if("undefined" IN_LIST EVOLVER_SANITIZE)
        list(APPEND evolver_sanitize_flags -fno-sanitize=vptr)
    endif()
endif()

function(evolver_settings target)
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
    if(PROJECT_IS_TOP_LEVEL)
        if(MSVC)
            target_compile_options(${target} PRIVATE /W4 /permissive- /utf-8 "$<$<BOOL:${EVOLVER_WERROR}>:/WX>")
        else()
            target_compile_options(${target} PRIVATE ${evolver_warnings} "$<$<BOOL:${EVOLVER_WERROR}>:-Werror>")
        endif()
        target_compile_definitions(${target} PRIVATE "$<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>")
    endif()
    if(EVOLVER_SANITIZE)
        # The library passes the flags on: a program that links it without them would not link at all.
        get_target_property(type ${target} TYPE)
        set(scope PRIVATE)
        if(type STREQUAL "STATIC_LIBRARY")
            set(scope PUBLIC)
        endif()
        target_compile_options(${target} ${scope} ${evolver_sanitize_flags})
        target_link_options(${target} ${scope} ${evolver_sanitize_flags})
    endif()
endfunction()

# evolver_precompile(TARGET [HEADER...]): the standard headers that nearly every file includes, and HEADERs (evolver's own face, where a program
# of many files has it in most of them), are read once. It halves the build, and changes nothing else: each file still includes what it uses, and
# the headers are compiled alone by a test.
function(evolver_precompile target)
    target_precompile_headers(${target} PRIVATE
        <algorithm> <chrono> <cstdint> <functional> <map> <memory> <optional> <span> <string> <string_view> <utility> <variant> <vector>
        ${ARGN})
    # Local times of headers are no part of what is compiled: ccache and a fresh checkout agree then.
    target_compile_options(${target} PRIVATE "$<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>")
endfunction()

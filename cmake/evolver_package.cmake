# What `find_package(evolver CONFIG)` finds: in an install prefix, and in this build's own folder.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/evolver")
configure_file(cmake/evolver-config.cmake.in "${PROJECT_BINARY_DIR}/evolver-config.cmake" @ONLY)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/evolver-config-version.cmake" COMPATIBILITY SameMinorVersion)
# The modules that the configuration calls stand beside it, in the build folder too.
foreach(module IN ITEMS FindSOCI.cmake FindB2.cmake FindLibpq.cmake evolver_embed_migrations.cmake evolver_embed_files.cmake)
    configure_file("cmake/${module}" "${PROJECT_BINARY_DIR}/${module}" COPYONLY)
endforeach()

set(package_targets evolver evolver_testing)
if(EVOLVER_CLI)
    list(APPEND package_targets evolver_cli)
endif()
export(TARGETS ${package_targets} NAMESPACE evolver:: FILE "${PROJECT_BINARY_DIR}/evolver-targets.cmake")

if(EVOLVER_INSTALL)
    install(TARGETS ${package_targets} EXPORT evolver-targets)
    if(EVOLVER_CLI)
        install(TARGETS evolver_program)
    endif()
    install(EXPORT evolver-targets NAMESPACE evolver:: DESTINATION "${package_dir}")
    install(DIRECTORY include/ DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp" PATTERN "*.ipp")
    install(FILES
        "${PROJECT_BINARY_DIR}/evolver-config.cmake"
        "${PROJECT_BINARY_DIR}/evolver-config-version.cmake"
        cmake/FindSOCI.cmake
        cmake/FindB2.cmake
        cmake/FindLibpq.cmake
        cmake/evolver_embed_migrations.cmake
        cmake/evolver_embed_files.cmake
        DESTINATION "${package_dir}")
endif()

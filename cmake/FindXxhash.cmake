# xxHash: the header alone, compiled into its callers; sets XXHASH_INCLUDE_DIR. A target would show up in the exported package,
# and the header is needed only while evolver itself is built.

include(FindPackageHandleStandardArgs)

find_path(XXHASH_INCLUDE_DIR xxhash.h DOC "The folder that holds xxhash.h")
mark_as_advanced(XXHASH_INCLUDE_DIR)
find_package_handle_standard_args(Xxhash
    REQUIRED_VARS XXHASH_INCLUDE_DIR
    REASON_FAILURE_MESSAGE "Debian and Ubuntu: apt-get install libxxhash-dev. Elsewhere: set Xxhash_ROOT")

// Release 2.0 of the application: knows the new shape, and is right at every moment from before expand to after contract.
//
//   application DATABASE add NAME BYTES | list

#include "catalogue_plan.hpp"

#include <evolver/evolver.hpp>

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <cstdlib>
#include <iostream>
#include <string>

int main(int argc, char** argv) {
    std::string const verb = argc > 2 ? argv[2] : "";
    if (!(verb == "list" && argc == 3) && !(verb == "add" && argc == 5)) {
        std::cerr << "application DATABASE add NAME BYTES | list\n";
        return 64;
    }
    try {
        soci::session db{soci::sqlite3, std::string{"db="} + argv[1] + " timeout=10"};
        evolver::Evolver evolver{db, catalogue_plan(), {.release = "2.0", .actor = "application"}};
        // The pipeline changes the schema here, not the application.
        evolver.attach();
        auto const packages = evolver.table("packages");
        std::string name;
        long long bytes = 0;
        if (verb == "add") {
            name = argv[3];
            bytes = std::strtoll(argv[4], nullptr, 10);
            db << packages.insert({"name", "size_bytes"}), soci::use(name, "name"), soci::use(bytes, "size_bytes");
            return 0;
        }
        auto const sql = packages.select({"name", "size_bytes"}) + " ORDER BY name";
        soci::statement rows{(db.prepare << sql.text(), soci::into(name), soci::into(bytes))};
        rows.execute();
        while (rows.fetch()) std::cout << name << ' ' << bytes << '\n';
        return 0;
    } catch (std::exception const& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}

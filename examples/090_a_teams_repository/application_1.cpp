// Release 1.0 of the application, which knows nothing of evolver.
//
//   application_1 DATABASE add NAME SIZE | list

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <iostream>
#include <string>

int main(int argc, char** argv) {
    std::string const verb = argc > 2 ? argv[2] : "";
    try {
        soci::session db{soci::sqlite3, std::string{"db="} + (argc > 1 ? argv[1] : "") + " timeout=10"};
        std::string name;
        std::string size;
        if (verb == "add" && argc == 5) {
            name = argv[3];
            size = argv[4];
            db << "INSERT INTO packages (name, size) VALUES (:name, :size)", soci::use(name, "name"),
                soci::use(size, "size");
            return 0;
        }
        soci::statement rows{
            (db.prepare << "SELECT name, size FROM packages ORDER BY name", soci::into(name), soci::into(size))};
        rows.execute();
        while (rows.fetch()) std::cout << name << ' ' << size << '\n';
        return 0;
    } catch (std::exception const& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}

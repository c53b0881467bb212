package db

/*
// The engine is linked in by the driver's package, which offers none of these.
typedef struct sqlite3 sqlite3;
__attribute__((weak)) int sqlite3_config(int option, ...);
__attribute__((weak)) int sqlite3_db_config(sqlite3 *db, int option, ...);
__attribute__((weak)) int sqlite3_auto_extension(void (*open)(void));

enum { CONFIG_MEMSTATUS = 9, DBCONFIG_ENABLE_QPSG = 1007 };

static int stablePlans(sqlite3 *db) { return sqlite3_db_config(db, DBCONFIG_ENABLE_QPSG, 1, (int *)0); }

static int configure(void) {
	int failed = sqlite3_config(CONFIG_MEMSTATUS, 0);
	return failed ? failed : sqlite3_auto_extension((void (*)(void))stablePlans);
}
*/
import "C"
import "strconv"

// init configures SQLite before the first connection: the plan of a statement
// does not depend on the values that are bound to it, or a statement with a join
// is compiled anew for each call, which takes several times as long as running
// it; and no statistics of its memory are kept, which lock a mutex for each
// allocation.
func init() {
	if failed := C.configure(); failed != 0 {
		panic("configure SQLite: " + strconv.Itoa(int(failed)))
	}
}

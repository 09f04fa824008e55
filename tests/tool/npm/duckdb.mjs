// Runs SQL in DuckDB and prints each row as a line of JSON; $NODE_PACKAGES
// is the folder of the packages.
//
//	duckdb.mjs SQL...
const { DuckDBInstance } = await import(
	process.env.NODE_PACKAGES + "/@duckdb/node-api/lib/index.js");
const db = await (await DuckDBInstance.create(":memory:")).connect();
await db.run("SET TimeZone='UTC'");
for (const sql of process.argv.slice(2)) {
	const result = await db.runAndReadAll(sql);
	for (const row of result.getRowsJson())
		console.log(JSON.stringify(row));
}

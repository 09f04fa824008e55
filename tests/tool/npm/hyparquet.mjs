// Prints each row of a Parquet file as a line of JSON: bytes as hexadecimal,
// large integers as strings, times as ISO 8601.
//
//	hyparquet.mjs FILE
const packages = process.env.NODE_PACKAGES;
const { asyncBufferFromFile, parquetReadObjects } = await import(
	packages + "/hyparquet/src/node.js");
const { compressors } = await import(
	packages + "/hyparquet-compressors/src/index.js");
const file = await asyncBufferFromFile(process.argv[2]);
for (const row of await parquetReadObjects({ file, compressors, utf8: false }))
	console.log(JSON.stringify(row, (_, v) =>
		typeof v === "bigint" ? v.toString() :
		v instanceof Uint8Array ? Buffer.from(v).toString("hex") : v));

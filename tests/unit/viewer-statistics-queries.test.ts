/**
 * Queries to the viewer and its answers: parameters, the reference system's shapes, CSV.
 * Does not prove: that the broker finds the results (tests/services/viewer-statistics.test.ts).
 */
import { expect } from "chai";
import * as fc from "fast-check";
import { parseHistoryQuery, parseNames, parseResultsQuery } from "../../images/datastore-viewer/src/statistics/queries";
import { resultsCsv } from "../../images/datastore-viewer/src/statistics/results";
import { seriesName, statisticShape } from "../../images/datastore-viewer/src/statistics/series";
import type { StoredResult } from "@inaetics/model";

describe("viewer: queries", () => {
  it("reads times in ms and ISO 8601, and has defaults", () => {
    const iso = "2030-01-31T12:00:00Z";
    expect(parseResultsQuery({ from: "5", to: iso, after: "7", limit: "10", format: "csv" })).to.deep.equal({
      from: 5,
      to: Date.parse(iso),
      after: 7,
      limit: 10,
      format: "csv",
    });
    const standard = { from: undefined, to: undefined, after: 0, limit: 1000, format: "json" };
    expect(parseResultsQuery({})).to.deep.equal(standard);
    expect(parseHistoryQuery({ name: "queue,processing" }, ["processing", "queue"])).to.deep.equal({
      names: ["queue", "processing"],
      seconds: 300,
    });
  });

  it("names all errors and the allowed values", () => {
    const results = { from: "yesterday", limit: "0", format: "xml", after: "-1", page: "2", to: ["1", "2"] };
    const said = [
      /from: got "yesterday"; allowed are milliseconds since 1970 or ISO 8601/,
      /limit: got "0"; allowed are whole numbers from 1 to 5000/,
      /format: got "xml"; allowed are json, csv/,
      /after: got "-1"; allowed are whole numbers from 0/,
      /"page": not known; allowed are from, to, after, limit, format/,
      /to: given more than once/,
    ];
    for (const each of said) expect(() => parseResultsQuery(results)).to.throw(each);
    expect(() => parseResultsQuery({ from: "2", to: "1" })).to.throw(/from: is later than to/);
    expect(() => parseHistoryQuery({ name: "quue", seconds: "86401" }, ["queue"])).to.throw(
      /name: got "quue"; allowed are queue; seconds: got "86401"; allowed are whole numbers from 1 to 86400/,
    );
    expect(() => parseNames("/coordinator/statistics?x", ["queue"])).to.throw(/allowed are queue/);
  });

  it("reads the reference system's names", () => {
    const known = ["queue", "a-b"];
    expect(parseNames("/coordinator/statistics?queue,a-b", known)).to.deep.equal(known);
    expect(parseNames("/coordinator/statistics?", known)).to.equal(undefined);
    expect(parseNames("/coordinator/statistics", known)).to.equal(undefined);
  });

  it("answers any query with a value or 400", () => {
    const text = fc.oneof(fc.string(), fc.constantFrom("from", "to", "after", "limit", "format", "name", "seconds"));
    const value = fc.oneof(
      text,
      fc.array(text),
      fc.integer().map(String),
      fc.date({ noInvalidDate: true }).map((each) => each.toISOString()),
    );
    fc.assert(
      fc.property(fc.dictionary(text, value), text, (query, url) => {
        for (const parse of [
          () => parseResultsQuery(query),
          () => parseHistoryQuery(query, ["queue"]),
          () => parseNames(`/x?${url}`, ["queue"]),
        ]) {
          try {
            parse();
          } catch (error) {
            expect(error).to.include({ statusCode: 400 });
          }
        }
      }),
    );
  });
});

describe("viewer: shapes", () => {
  it("names series as the reference system does, with times and values apart", () => {
    expect(seriesName("Periodic Sample Producer (1b2c)")).to.equal("periodic-sample-producer--1b2c-");
    const described = { name: "queue", displayName: "Queue", type: "utilization", unit: "%" };
    const points = [
      [1000, 5],
      [2000, null],
    ] as const;
    expect(statisticShape({ ...described, points })).to.deep.equal({
      ...described,
      timestamps: [1000, 2000],
      values: [5, null],
    });
  });

  const result = (id: string, processor: string): StoredResult => ({
    seq: 1,
    id,
    processingTime: 3,
    result1: -1.5,
    processor,
    kind: "felix",
    storedAt: 20,
    sample: { id, sampleTime: 10, value1: 1, value2: -2 },
  });

  it("writes CSV with a header of its columns", () => {
    expect(resultsCsv([result("p-1", "q")])).to.equal(
      "seq,id,sampleTime,storedAt,processor,kind,processingTime,result1,value1,value2\r\n1,p-1,10,20,q,felix,3,-1.5,1,-2\r\n",
    );
    expect(resultsCsv([])).to.match(/^seq,[^\r]+\r\n$/);
  });

  it("writes CSV from which any text can be read back", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string(), fc.string({ unit: fc.constantFrom('"', ",", "\r", "\n", "a") }))),
        (all) => {
          const rows = readCsv(resultsCsv(all.map(([id, processor]) => result(id, processor))));
          expect(rows.slice(1).map((row) => [row[1], row[4]])).to.deep.equal(all);
          for (const row of rows) expect(row).to.have.length(10);
        },
      ),
    );
  });
});

/** Parser for RFC 4180, independent of the code that it checks. */
function readCsv(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  const row: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
    if (end !== ",") rows.push(row.splice(0));
  }
  return rows;
}

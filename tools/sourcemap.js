"use strict";
/**
 * Reduces the source map of a bundle to the project's own sources. The whole map of a service has 400,000 entries, most
 * of them of libraries. Node would need more memory for it, at the first stack trace, than the service may have.
 */

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Reads the numbers of one entry: six bits a digit, of which one says that more follow, and the lowest is the sign. */
function decode(entry) {
  const numbers = [];
  let value = 0;
  let shift = 0;
  for (const letter of entry) {
    const digit = DIGITS.indexOf(letter);
    value += (digit & 31) << shift;
    shift += 5;
    if (digit & 32) continue;
    numbers.push(value & 1 ? -(value >> 1) : value >> 1);
    value = 0;
    shift = 0;
  }
  return numbers;
}

function encode(numbers) {
  let text = "";
  for (const number of numbers) {
    let rest = number < 0 ? (-number << 1) | 1 : number << 1;
    do {
      text += DIGITS[(rest & 31) | (rest > 31 ? 32 : 0)];
      rest >>>= 5;
    } while (rest > 0);
  }
  return text;
}

/**
 * Returns the map without the entries of other sources, and without names. Where other code begins, one entry without a
 * source ends the own code before it.
 */
function ownSources(map, isOwn) {
  const sources = map.sources.filter(isOwn);
  const indexes = map.sources.map((source) => sources.indexOf(source));
  // Entries hold differences: columns to the entry before in their line, all else to the entry before in the file.
  const read = [0, 0, 0];
  let written = [0, 0, 0];
  let wasOwn = false;
  const lines = map.mappings.split(";").map((line) => {
    let column = 0;
    let writtenColumn = 0;
    const kept = [];
    for (const entry of line === "" ? [] : line.split(",")) {
      const [step, ...steps] = decode(entry);
      column += step;
      for (const place of [0, 1, 2]) read[place] += steps[place] ?? 0;
      const index = steps.length > 0 ? indexes[read[0]] : -1;
      const isKept = index >= 0;
      if (!isKept && !wasOwn) continue;
      const place = isKept ? [index, read[1], read[2]] : [];
      kept.push(encode([column - writtenColumn, ...place.map((number, at) => number - written[at])]));
      writtenColumn = column;
      if (isKept) written = place;
      wasOwn = isKept;
    }
    return kept.join(",");
  });
  return { version: 3, sources, names: [], mappings: lines.join(";") };
}

module.exports = { ownSources };

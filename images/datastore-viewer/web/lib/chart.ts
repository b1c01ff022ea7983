/** A point of a line; null where nothing was known, which leaves a gap. */
export type Point = readonly [at: number, value: number | null];

/** The area that a chart covers, in milliseconds and in its own unit. */
export interface Area {
  readonly from: number;
  readonly to: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The `d` of an SVG path through the points. */
export function linePath(points: readonly Point[], area: Area): string {
  let path = "";
  let drawing = false;
  for (const [at, value] of points) {
    if (value === null || at < area.from || at > area.to) {
      drawing = false;
      continue;
    }
    const x = ((at - area.from) / (area.to - area.from)) * area.width;
    const y = area.height * (1 - Math.min(1, Math.max(0, value / area.top)));
    path += `${drawing ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    drawing = true;
  }
  return path;
}

/** The least of 1, 2, 5, 10, 20, 50 ... that is not below the values: an axis that does not move with every point. */
export function roundTop(values: readonly (number | null)[]): number {
  const largest = Math.max(1, ...values.map((each) => each ?? 0));
  const power = 10 ** Math.floor(Math.log10(largest));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= largest) ?? 10 * power;
}

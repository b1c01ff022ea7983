/** Elements as values; the same on all pages. */
export * from "@inaetics/web";

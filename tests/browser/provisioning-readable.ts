/** Scripts that check a page's readability in a browser; each returns the violations. Proves nothing by itself. */

/** Elements without a name for screen readers. */
export const unnamed = `[...document.querySelectorAll("button, input, select, a, progress, section, nav, img, [role=button], [role=log], [role=region]")]
  .filter((each) => each.checkVisibility() && each.textContent.trim() === "" && !each.labels?.length)
  .filter((each) => !["aria-label", "aria-labelledby", "alt"].some((name) => each.hasAttribute(name)))
  .map((each) => each.outerHTML)`;

/** Controls that are lower or narrower than 24 pixels (WCAG AA); links in a table's text may be. */
export const tiny = `[...document.querySelectorAll("button, select, input, [role=button]")]
  .filter((each) => each.checkVisibility() && !each.closest(".unseen, label"))
  .map((each) => [each.ariaLabel ?? each.textContent, each.getBoundingClientRect()])
  .filter(([, { width, height }]) => width < 24 || height < 24)
  .map(([name, { width, height }]) => name + ": " + width + " x " + height)`;

/** Elements that extend beyond the window's sides, and buttons whose text overflows; scrolling areas are exempt. */
export const outside = `[...document.querySelectorAll("main *, header *")]
  .filter((each) => each.checkVisibility() && !each.closest(".unseen, .chips, .scroll, option"))
  .filter((each) => {
    const { left, right } = each.getBoundingClientRect();
    const cut = each.localName === "button" && each.scrollWidth > each.clientWidth;
    return cut || left < 0 || right > innerWidth;
  })
  .map((each) => each.outerHTML.slice(0, 200))`;

/** Texts whose contrast to their background is below 4.5 (WCAG AA); a translucent background shows its parent's. */
export const faint = `(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.map((each) => each / 255).map((each) => each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const behind = (element) => {
    const colour = parts(getComputedStyle(element).backgroundColor);
    return colour[3] === 0 && element.parentElement ? behind(element.parentElement) : colour.slice(0, 3);
  };
  const seen = (rgb, element) => {
    if (element.parentElement === null) return rgb;
    const opacity = Number(getComputedStyle(element).opacity);
    const other = opacity < 1 ? behind(element.parentElement) : rgb;
    return seen(rgb.map((each, index) => opacity * each + (1 - opacity) * other[index]), element.parentElement);
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (texts.currentNode.data.trim() === "" || !element.checkVisibility() || element.closest(".unseen, noscript")) continue;
    const text = light(seen(parts(getComputedStyle(element).color).slice(0, 3), element));
    const ground = light(seen(behind(element), element));
    const contrast = Math.max(text, ground) / Math.min(text, ground);
    if (contrast < 4.5) found.push(texts.currentNode.data + ": " + contrast.toFixed(1));
  }
  return found;
})()`;

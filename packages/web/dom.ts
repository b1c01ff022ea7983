/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Describes elements as values, and changes the page to match them. Text is always written as text, so that no name or
 * reason can become markup. Unchanged elements are not touched, so that focus, selection and scrolling stay.
 */

/**
 * Names with `on` are handlers. True is an attribute without a value; false and undefined are none. `value` is the
 * field's present value.
 */
export type Attribute = string | number | boolean | undefined | ((event: never) => void);
export type Attributes = Readonly<Record<string, Attribute>>;
export type Child = Wanted | string | false | undefined;

export interface Wanted {
  readonly tag: string;
  /** Unique among its siblings. Elements without a key are identified by their place. */
  readonly key: string | undefined;
  readonly attributes: Attributes;
  readonly children: readonly Child[];
}

/** Describes an element. `key` is its identity among its siblings, not an attribute of the page. */
export function h(tag: string, attributes: Attributes & { readonly key?: string }, ...children: Child[]): Wanted {
  const { key, ...others } = attributes;
  return { tag, key, attributes: others, children };
}

const drawn = new WeakMap<Node, { readonly identity: string; attributes: Attributes }>();

/** Gives `parent` the described children. */
export function patch(parent: Element, children: readonly Child[]): void {
  const present = new Map<string, ChildNode>();
  for (const node of parent.childNodes) present.set(drawn.get(node)?.identity ?? `unknown ${present.size}`, node);
  const wanted = children.filter((each) => each !== false && each !== undefined);
  const identities = wanted.map(identityOf);
  for (const [identity, node] of present) if (!identities.includes(identity)) node.remove();
  let place = parent.firstChild;
  wanted.forEach((each, index) => {
    const identity = identities[index] ?? "";
    const found = present.get(identity);
    const node = found ?? create(each, identity, parent);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
    update(node, each);
  });
}

function identityOf(child: Wanted | string, index: number, all: readonly (Wanted | string)[]): string {
  if (typeof child !== "string" && child.key !== undefined) return `${child.tag} key ${child.key}`;
  const tag = typeof child === "string" ? "#text" : child.tag;
  const before = all.slice(0, index).filter((each) => (typeof each === "string" ? "#text" : each.tag) === tag);
  return `${tag} ${before.length}`;
}

function create(child: Wanted | string, identity: string, parent: Element): ChildNode {
  const node = typeof child === "string" ? document.createTextNode("") : createElement(child.tag, parent);
  drawn.set(node, { identity, attributes: {} });
  return node;
}

/** Creates an element; those inside an svg get its namespace. */
function createElement(tag: string, parent: Element): Element {
  const space = tag === "svg" ? "http://www.w3.org/2000/svg" : parent.namespaceURI;
  return parent.ownerDocument.createElementNS(space, tag);
}

function update(node: ChildNode, wanted: Wanted | string): void {
  if (typeof wanted === "string") {
    if (node.nodeValue !== wanted) node.nodeValue = wanted;
    return;
  }
  const element = node as HTMLElement;
  const record = drawn.get(node);
  const before = record?.attributes ?? {};
  for (const name of Object.keys(before)) if (!(name in wanted.attributes)) setAttribute(element, name, undefined);
  patch(element, wanted.children);
  // After the children: a select takes a value only when it has its options.
  for (const [name, value] of Object.entries(wanted.attributes)) {
    if (before[name] !== value || name === "value") setAttribute(element, name, value);
  }
  if (record !== undefined) record.attributes = wanted.attributes;
}

function setAttribute(element: HTMLElement, name: string, value: Attribute): void {
  if (name.startsWith("on")) {
    (element as unknown as Record<string, unknown>)[name] = typeof value === "function" ? value : null;
  } else if (name === "value" && "value" in element) {
    if (element.value !== value) element.value = value ?? "";
  } else if (name === "checked" && "checked" in element) {
    element.checked = value === true;
  } else if (value === undefined || value === false || typeof value === "function") {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}

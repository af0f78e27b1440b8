type Child = Node | string | undefined;

interface Properties {
  class?: string;
  title?: string;
  /** Attributes beside these; one that is undefined is not set. */
  attributes?: Readonly<Record<string, string | undefined>>;
  on?: Readonly<Record<string, (event: never) => void>>;
}

/**
 * Makes an element. Text is always text: nothing of a build is ever read as markup.
 */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  if (properties.class !== undefined) made.className = properties.class;
  if (properties.title !== undefined) made.title = properties.title;
  for (const [attribute, value] of Object.entries(properties.attributes ?? {})) {
    if (value !== undefined) made.setAttribute(attribute, value);
  }
  for (const [event, listener] of Object.entries(properties.on ?? {})) {
    made.addEventListener(event, listener as EventListener);
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

export function button(label: string, onClick: () => void, properties: Properties = {}): HTMLButtonElement {
  const attributes = { type: 'button', ...properties.attributes };
  return element('button', { ...properties, attributes, on: { click: onClick } }, label);
}

/** A part of the page with a heading and, to its right, what steers it. */
export function section(id: string, title: string, note: string | undefined, ...tools: Child[]): HTMLElement {
  const heading = element('h2', { attributes: { id: `${id}-title` } }, title);
  const text = note === undefined ? undefined : element('p', { class: 'note' }, note);
  const head = element('header', { class: 'section-head' }, element('div', {}, heading, text));
  if (tools.length > 0) head.append(element('div', { class: 'tools' }, ...tools));
  return element('section', { attributes: { id, 'aria-labelledby': `${id}-title` } }, head);
}

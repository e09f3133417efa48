/** Finds server-rendered elements. */

/** @param {ParentNode} root @param {string} selector @returns {HTMLElement[]} */
export function findAll(root, selector) {
  return [...root.querySelectorAll(selector)].filter((element) => element instanceof HTMLElement);
}

/** @param {ParentNode} root @param {string} selector @returns {HTMLElement | undefined} */
export function findAny(root, selector) {
  return findAll(root, selector)[0];
}

/**
 * @param {ParentNode} root @param {string} selector
 * @returns {HTMLElement}
 * @throws when it is missing: the page then works without the script
 */
export function find(root, selector) {
  const element = findAny(root, selector);
  if (!element) throw new Error(`The page has no ${selector}.`);
  return element;
}

/** @param {ParentNode} root @param {string} selector @returns {HTMLElement} a copy of a template's content */
export function copyOf(root, selector) {
  const template = find(root, selector);
  const content = template instanceof HTMLTemplateElement ? template.content.firstElementChild : undefined;
  const copy = content?.cloneNode(true);
  if (!(copy instanceof HTMLElement)) throw new Error(`The page has no template ${selector}.`);
  return copy;
}

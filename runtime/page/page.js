"use strict";
// The theme is that of the system until the button chooses the other one.
const theme = {
  dark: () => (document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark",
  show() {
    for (const b of document.querySelectorAll("[data-does=theme]")) b.setAttribute("aria-pressed", theme.dark());
  },
  toggle() {
    document.documentElement.dataset.theme = theme.dark() ? "light" : "dark";
    theme.show();
  },
};
for (const b of document.querySelectorAll("[data-does=theme]")) b.addEventListener("click", theme.toggle);
theme.show();

// element makes an element of HTML, or of SVG where its name has a prefix; on… attributes listen.
function element(name, attributes, ...children) {
  const svg = name.startsWith("svg:");
  const e = svg ? document.createElementNS("http://www.w3.org/2000/svg", name.slice(4)) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key.startsWith("on")) e.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false && value !== null) e.setAttribute(key, value === true ? "" : value);
  }
  e.append(...children.flat().filter(c => c !== undefined && c !== null && c !== false));
  return e;
}

// The text of the stage, a line or block for each value.
const lines = document.getElementById("lines");

// line writes a value's text: its name, and the type behind the last colon, stand out.
function line(k, id) {
  const v = values[id], mark = markOf(k, [id]);
  const row = element("div", {role: "option", id: "line" + id, class: "line" + mark + (fresh(k, id) ? " new" : "") + (v.kind === "const" ? " const" : ""),
    "aria-selected": String(id === state.value), onclick: () => choose(id)});
  if (fresh(k, id)) row.append(element("span", {class: "sign", title: "not in the stage before"}, "+"));
  if (multiplies(k, id)) row.append(element("span", {class: "sign", title: "multiplies"}, "×"));
  const text = v.text || v.name, name = "%" + v.name;
  if (text.startsWith(name + " = ")) {
    const type = text.indexOf(" : ", name.length);
    row.append(element("b", null, name), text.slice(name.length, type), element("span", {class: "type"}, text.slice(type)));
  } else row.append(text);
  return row;
}

function drawText() {
  const k = state.stage, stage = stages[k], sections = [];
  let clock = null;
  for (const id of stage.values) {
    if (values[id].clock !== clock) {
      clock = values[id].clock;
      sections.push(element("div", {role: "group", "aria-label": clock}, element("div", {class: "clock", "aria-hidden": "true"}, clock)));
    }
    sections.at(-1).append(line(k, id));
  }
  lines.replaceChildren(...sections);
  const gone = document.getElementById("gone"), lost = k ? stages[k - 1].values.filter(id => !stage.place.has(id)) : [];
  gone.hidden = !lost.length;
  gone.querySelector("summary").textContent = `${lost.length} lines of the stage before are gone`;
  gone.querySelector(".gone-lines").replaceChildren(...lost.map(id => element("div", {class: "line gone" + (state.followed[k - 1].has(id) ? " part" : "")}, "− " + (values[id].text || values[id].name))));
  showLine(false);
}

// showLine scrolls to the value that is shown.
function showLine() {
  const row = document.getElementById("line" + state.value);
  lines.toggleAttribute("aria-activedescendant", false);
  if (!row) return;
  lines.setAttribute("aria-activedescendant", row.id);
  const box = lines.getBoundingClientRect(), at = row.getBoundingClientRect();
  if (at.top < box.top || at.bottom > box.bottom) lines.scrollTop += at.top - box.top - box.height / 3;
}

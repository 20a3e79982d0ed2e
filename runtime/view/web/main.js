// What the reader does.
const box = document.getElementById("search"), found = document.getElementById("found");
document.getElementById("title").textContent = model.name;
document.getElementById("about").textContent = `${stages.length} stages${model.version ? ", nomul " + model.version : ""}`;
if (model.refused) {
  const p = document.getElementById("refused");
  p.hidden = false;
  p.textContent = "It goes no further: " + model.refused;
}

const list = document.getElementById("stages");
let level = "";
stages.forEach((s, k) => {
  const news = s.values.filter(id => fresh(k, id)).length;
  list.append(element("li", null, s.level !== level && element("span", {class: "level"}, level = s.level),
    element("button", {"data-stage": k, title: s.doc, onclick: () => show(k)}, s.pass, k ? element("small", null, ` +${news}`) : "")));
});

function drawStage() {
  const k = state.stage, s = stages[k];
  for (const b of list.querySelectorAll("button")) {
    const on = +b.dataset.stage === k;
    b.toggleAttribute("aria-current", on);
    if (on) {
      b.setAttribute("aria-current", "step");
      list.scrollLeft = b.offsetLeft - list.offsetLeft - list.clientWidth / 2 + b.offsetWidth / 2;
    }
    b.classList.toggle("has", state.followed[+b.dataset.stage].size > 0);
  }
  document.getElementById("pass").replaceChildren(element("b", null, s.pass), ` (${s.level}, ${k + 1} of ${stages.length}): ${s.doc}`);
  document.getElementById("previous").disabled = k === 0;
  document.getElementById("next").disabled = k === stages.length - 1;
  drawGraph();
  drawText();
  drawPanel();
}

// show goes to a stage, and there to the value that is followed.
async function show(k, framed = true) {
  if (k < 0 || k >= stages.length) return;
  await Promise.all([texts(k), k ? texts(k - 1) : null]);
  const following = state.followed.some(f => f.size);
  state.stage = k;
  state.value = following ? strongest(k) : null;
  state.lost = following && state.value === null;
  drawStage();
  if (framed) fit(true);
  reveal(sheet.querySelector(".chosen"));
  remember();
}

// choose follows a value of the stage; null follows none.
function choose(id) {
  const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.id : undefined;
  state.value = id;
  state.lost = false;
  state.followed = id === null ? stages.map(() => new Map()) : follow(state.stage, id);
  drawStage();
  if (focused !== undefined) (sheet.querySelector(`.box[data-id="${focused}"]`) || sheet.querySelector(".chosen") || canvas).focus({preventScroll: true});
  if (id !== null) reveal(sheet.querySelector(".chosen"));
  remember();
}

// remember keeps stage and value in the address, so that it can be handed on.
function remember() {
  const at = new URLSearchParams({stage: stages[state.stage].pass});
  if (state.value !== null) at.set("value", values[state.value].name);
  history.replaceState(null, "", "#" + at);
}
async function recall() {
  const at = new URLSearchParams(location.hash.slice(1));
  const k = stages.findIndex(s => s.pass === at.get("stage"));
  const first = model.refused ? stages.length - 1 : Math.max(0, stages.findIndex(s => s.level === "spiking"));
  await show(k >= 0 ? k : first);
  const id = stages[state.stage].named.get(at.get("value"));
  if (id !== undefined) choose(id);
}

// Search: names, ops, types and nodes of the file, those of the stage first.
let hits = [];
function search() {
  const asked = box.value.trim().toLowerCase(), seen = new Set();
  hits = [];
  const look = k => {
    for (const id of stages[k].values) {
      const v = values[id];
      if (hits.length < 40 && !seen.has(v.name) && `${v.name} ${v.op} ${v.type || ""} ${v.origin || ""}`.toLowerCase().includes(asked)) {
        seen.add(v.name);
        hits.push([k, id]);
      }
    }
  };
  if (asked) [state.stage, ...stages.keys()].forEach(look);
  found.replaceChildren(...hits.map(([k, id], i) => element("li", {role: "option", id: "hit" + i, "aria-selected": "false", onmousedown: e => { e.preventDefault(); take(i); }},
    element("span", {class: "mono"}, values[id].name), element("span", {class: "note"}, ` ${values[id].op} ${values[id].type || ""}${k === state.stage ? "" : ", behind " + stages[k].pass}`))));
  if (asked && !hits.length) found.append(element("li", {role: "option", "aria-selected": "false", "aria-disabled": "true"}, "nothing found"));
  found.hidden = !asked;
  box.setAttribute("aria-expanded", String(!!asked));
  point(0);
}
let pointed = 0;
function point(i) {
  pointed = Math.max(0, Math.min(hits.length - 1, i));
  [...found.children].forEach((e, at) => e.setAttribute("aria-selected", String(at === pointed && hits.length > 0)));
  box.toggleAttribute("aria-activedescendant", false);
  if (hits.length && !found.hidden) {
    box.setAttribute("aria-activedescendant", "hit" + pointed);
    found.children[pointed].scrollIntoView({block: "nearest"});
  }
}
async function take(i) {
  if (!hits[i]) return;
  const [k, id] = hits[i];
  endSearch();
  if (k !== state.stage) await show(k);
  choose(id);
}
function endSearch() {
  found.hidden = true;
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
  box.blur();
}
box.addEventListener("input", search);
box.addEventListener("focus", search);
box.addEventListener("blur", () => { found.hidden = true; box.setAttribute("aria-expanded", "false"); });
box.addEventListener("keydown", e => {
  if (e.key === "Enter") take(pointed);
  else if (e.key === "ArrowDown") point(pointed + 1);
  else if (e.key === "ArrowUp") point(pointed - 1);
  else if (e.key === "Escape") { box.value = ""; endSearch(); }
  else return;
  e.preventDefault();
});

function neighbour(by) {
  const ids = stages[state.stage].values, at = state.value === null ? (by > 0 ? -1 : ids.length) : stages[state.stage].place.get(state.value);
  if (ids[at + by] !== undefined) choose(ids[at + by]);
}
function nextBox(by) {
  const all = [...sheet.querySelectorAll(".box, .chip")], at = all.indexOf(document.activeElement), to = all[at + by];
  if (!to) return;
  for (const b of all) b.setAttribute("tabindex", b === to ? "0" : "-1");
  to.focus({preventScroll: true});
  reveal(to);
}
function openAll() {
  const all = stages[state.stage].layers.filter(l => l.inner), opened = all.some(l => !state.open.has(l.name));
  state.open = new Set(opened ? all.map(l => l.name) : []);
  document.getElementById("open-all").setAttribute("aria-pressed", String(opened));
  drawGraph();
  fit(true);
  reveal(sheet.querySelector(".chosen"));
}
function enter(on) {
  const layer = on.dataset.layer || (on.dataset.name !== undefined && stages[state.stage].layers.some(l => l.inner && l.name === on.dataset.name) ? on.dataset.name : null);
  if (layer) toggleLayer(layer);
  else if (on.dataset.id) choose(+on.dataset.id);
}

const keys = {
  ArrowLeft: () => show(state.stage - 1), ArrowRight: () => show(state.stage + 1), ArrowUp: () => neighbour(-1), ArrowDown: () => neighbour(1),
  "/": () => box.focus(), Escape: () => choose(null), "+": () => zoom(1.25), "=": () => zoom(1.25), "-": () => zoom(.8), "0": () => fit(),
  e: openAll, t: () => theme.toggle(), "?": () => document.getElementById("help").showModal(),
};
const pans = {ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60]};
addEventListener("keydown", e => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest("input, dialog, pre")) return;
  const on = e.target.closest(".box, .chip");
  if (e.shiftKey && pans[e.key]) pan(...pans[e.key]);
  else if (on && (e.key === "ArrowUp" || e.key === "ArrowDown")) nextBox(e.key === "ArrowDown" ? 1 : -1);
  else if (on && e.key === "Enter") enter(on);
  else if (keys[e.key] && !(e.key === "Enter")) keys[e.key]();
  else return;
  e.preventDefault();
});

const press = (id, does) => document.getElementById(id).addEventListener("click", does);
press("previous", () => show(state.stage - 1));
press("next", () => show(state.stage + 1));
press("zoom-in", keys["+"]);
press("zoom-out", keys["-"]);
press("fit", () => fit());
press("open-all", openAll);
press("help-open", keys["?"]);
for (const tab of document.querySelectorAll("#tabs button")) tab.addEventListener("click", () => {
  document.querySelector("main").dataset.tab = tab.dataset.tab;
  for (const t of document.querySelectorAll("#tabs button")) t.setAttribute("aria-pressed", String(t === tab));
  if (tab.dataset.tab === "graph") fit(true);
  else showLine();
});
// Paper has the graph as a whole.
addEventListener("beforeprint", () => {
  sheet.setAttribute("transform", "");
  canvas.setAttribute("viewBox", [extent.left - margin, extent.top - margin, extent.right - extent.left + 2 * margin, extent.bottom - extent.top + 2 * margin]);
});
addEventListener("afterprint", () => { canvas.removeAttribute("viewBox"); look(); });
addEventListener("resize", () => fit(true));
recall();

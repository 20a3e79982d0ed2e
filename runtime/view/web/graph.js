// The graph: layers in the rows that the compiler has computed, moved apart where one is open.
const canvas = document.getElementById("canvas"), sheet = document.getElementById("view");
const camera = {x: 0, y: 0, zoom: 1};
const kindNames = {port: "port", weights: "weights", neurons: "neurons", sums: "sums", state: "over time", moves: "moves"};
const room = {head: 30, side: 14};

// spread computes where boxes are: opened ones need more room across and down.
function spread(stage) {
  const {layout, layers} = stage;
  const opened = layers.map((l, i) => l.inner && state.open.has(l.name) ? {i, box: layout.boxes[i], inner: l.inner} : null).filter(Boolean);
  const boxes = layout.boxes.map(b => ({...b}));
  for (const o of opened) {
    boxes[o.i].w = Math.max(o.box.w, o.inner.width + 2 * room.side);
    boxes[o.i].h = room.head + o.inner.height + room.side;
  }
  const heights = layout.rows.map(r => r.h);
  for (const b of boxes) heights[b.row] = Math.max(heights[b.row], b.h);
  const y = layout.rows.map(r => r.y);
  for (let r = 1; r < y.length; r++) y[r] = y[r - 1] + heights[r - 1] + layout.rows[r].y - layout.rows[r - 1].y - layout.rows[r - 1].h;
  const shift = (row, x) => opened.reduce((sum, {i, box}) => {
    const more = (boxes[i].w - box.w) / 2, centre = box.x + box.w / 2;
    return sum + (box.row !== row || centre === x ? 0 : x > centre ? more : -more);
  }, 0);
  layout.boxes.forEach((b, i) => {
    const centre = b.x + b.w / 2;
    boxes[i].x = centre + shift(b.row, centre) - boxes[i].w / 2;
    boxes[i].y = y[b.row] + (heights[b.row] - boxes[i].h) / 2;
  });
  return {boxes, lane: (x, row) => ({x: x + shift(row, x), top: y[row], bottom: y[row] + heights[row]})};
}

// curve is the path of an edge from box to box through its lanes.
function curve(edge, boxes, lane) {
  const [upper, lower] = edge.back ? [boxes[edge.to], boxes[edge.from]] : [boxes[edge.from], boxes[edge.to]];
  const stops = [{x: upper.x + upper.w / 2, bottom: upper.y + upper.h}, ...(edge.lanes || []).map(([x, row]) => lane(x, row)), {x: lower.x + lower.w / 2, top: lower.y}];
  const parts = [`M${stops[0].x},${stops[0].bottom}`];
  for (let i = 1; i < stops.length; i++) {
    const from = stops[i - 1], to = stops[i], middle = (from.bottom + to.top) / 2;
    parts.push(`C${from.x},${middle} ${to.x},${middle} ${to.x},${to.top}`);
    if (to.bottom !== undefined) parts.push(`L${to.x},${to.bottom}`);
  }
  return parts.join(" ");
}

function drawEdges(into, edges, boxes, lane, names) {
  for (const e of edges) {
    const line = element("svg:path", {d: curve(e, boxes, lane), class: "edge" + (e.later ? " later" : ""), [e.back ? "marker-start" : "marker-end"]: "url(#arrow)"});
    line.append(element("svg:title", null, `${names(e.from)} → ${names(e.to)}` + (e.later ? ", in the next time step" : "")));
    into.append(line);
  }
}

// short cuts a name in its middle.
const short = (text, most) => text.length <= most ? text : text.slice(0, Math.ceil(most / 2) - 1) + "…" + text.slice(text.length - Math.floor(most / 2));

function drawBox(into, box, {id, name, kind, below, marked, multiply, isNew, label, press, opened}) {
  const g = element("svg:g", {class: `box ${kind}${marked || ""}${isNew ? " new" : ""}`, transform: `translate(${box.x},${box.y})`, role: "button", tabindex: "-1",
    "aria-label": label, "aria-pressed": String(!!marked), "data-id": id, "data-name": name, "aria-expanded": opened,
    onclick: press, onkeydown: e => { if (e.key === " ") { e.preventDefault(); press(); } }});
  const head = opened === "true" ? room.head : box.h;
  g.append(element("svg:title", null, label), element("svg:rect", {width: box.w, height: box.h, rx: 4}), element("svg:rect", {class: "stripe", width: 5, height: head, rx: 2}));
  const letters = Math.floor((box.w - 22 - (opened ? 18 : 0)) / 7.3);
  if (opened === "true") {
    g.append(element("svg:text", {x: 13, y: 20}, short(name, letters)));
  } else {
    g.append(element("svg:text", {x: 13, y: box.h / 2 - 4}, short(name, letters)), element("svg:text", {x: 13, y: box.h / 2 + 13, class: "below"}, short((multiply ? "× " : "") + below, Math.floor((box.w - 20) / 6.3))));
  }
  into.append(g);
  return g;
}

const markOf = (k, ids) => {
  let best = "";
  for (const id of ids) {
    if (id === state.value) return " followed chosen";
    if (state.followed[k].has(id)) best = state.followed[k].get(id) && best !== " followed" ? " part" : " followed";
  }
  return best;
};

// markOfLayer counts data that members read as parts of them.
const markOfLayer = (k, layer) => markOf(k, layer.members) || (layer.members.some(m => operands(k, m).some(a => values[a].kind === "const" && state.followed[k].has(a))) ? " part" : "");

// chief is the value that a layer is shown by: the followed one, that of its name, or the last of its kind.
function chief(k, layer) {
  const stage = stages[k];
  return layer.members.find(id => state.followed[k].get(id) === false) ?? layer.members.find(id => values[id].name === layer.name) ??
    layer.members.findLast(id => values[id].kind === layer.kind) ?? layer.members[0];
}

function drawLayer(into, k, layer, box) {
  const id = chief(k, layer), v = values[id], many = layer.members.length > 1, opened = many && state.open.has(layer.name);
  const multiply = layer.members.some(m => multiplies(k, m));
  const rate = (model.rates || {})[layer.name];
  const below = (many ? `${kindNames[layer.kind]}, ${layer.members.length} values` : `${rate ? "" : v.op + " "}${v.type || ""}`) + (rate ? `, ${percent(rate.rate)}` : "");
  drawBox(into, box, {id, name: layer.name, kind: layer.kind, below, multiply, opened: many ? String(opened) : undefined,
    marked: markOfLayer(k, layer), isNew: layer.members.some(m => fresh(k, m)),
    label: `${layer.name}, ${many ? "" : kindNames[layer.kind] + ", "}${below}` + (multiply ? ", multiplies" : ""), press: () => choose(id)});
  if (!many) return;
  const chip = element("svg:g", {class: "chip", transform: `translate(${box.x + box.w - 24},${box.y + 5})`, role: "button", tabindex: "-1", "data-layer": layer.name,
    "aria-label": (opened ? "Close " : "Open ") + layer.name, onclick: () => toggleLayer(layer.name)});
  chip.append(element("svg:rect", {width: 19, height: 19, rx: 3}), element("svg:path", {d: opened ? "M5,9.5H14" : "M5,9.5H14M9.5,5V14"}));
  into.append(chip);
  if (opened) drawInner(into, k, layer, box);
}

function drawInner(into, k, layer, box) {
  const {inner} = layer, left = box.x + (box.w - inner.width) / 2, top = box.y + room.head;
  const boxes = inner.boxes.map(b => ({...b, x: left + b.x, y: top + inner.rows[b.row].y}));
  const lane = (x, row) => ({x: left + x, top: top + inner.rows[row].y, bottom: top + inner.rows[row].y + inner.rows[row].h});
  drawEdges(into, inner.edges, boxes, lane, i => values[layer.members[i]].name);
  layer.members.forEach((id, i) => {
    const v = values[id];
    drawBox(into, boxes[i], {id, name: v.name, kind: v.kind, below: `${v.op} ${v.type || ""}`, multiply: multiplies(k, id), marked: markOf(k, [id]),
      isNew: fresh(k, id), label: `${v.name}, ${v.op} ${v.type || ""}`, press: () => choose(id)});
  });
}

// drawGraph draws that of the stage, and returns its extent.
function drawGraph() {
  const k = state.stage, stage = stages[k], {boxes, lane} = spread(stage);
  document.getElementById("canvas-title").textContent = `Graph of ${model.name} behind ${stage.pass}: ${stage.layers.length} layers`;
  sheet.replaceChildren(element("svg:defs", null, element("svg:marker", {id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse"},
    element("svg:path", {d: "M0,0.5L8,4L0,7.5z"}))));
  drawEdges(sheet, stage.layout.edges, boxes, lane, i => stage.layers[i].name);
  stage.layers.forEach((layer, i) => drawLayer(sheet, k, layer, boxes[i]));
  const first = sheet.querySelector(".chosen") || sheet.querySelector(".box");
  if (first) first.setAttribute("tabindex", "0");
  extent = {first: boxes.length ? boxes[0].x + boxes[0].w / 2 : 0, left: Math.min(0, ...boxes.map(b => b.x)), right: Math.max(0, ...boxes.map(b => b.x + b.w)), top: 0, bottom: Math.max(0, ...boxes.map(b => b.y + b.h))};
}
let extent;

function toggleLayer(name) {
  if (!state.open.delete(name)) state.open.add(name);
  drawGraph();
  const chip = sheet.querySelector(`[data-layer="${CSS.escape(name)}"]`);
  if (chip) chip.focus();
}

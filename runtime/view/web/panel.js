// The panel of one value.
const panel = document.getElementById("panel");
const amount = x => Math.abs(x) >= 1e5 || x && Math.abs(x) < 1e-3 ? x.toExponential(2) : String(+x.toPrecision(5));
const costs = {L0: "add or not (L0)", L1: "add or subtract (L1)", L3: "bit planes: add and shift (L3)", L4: "multiplies (L4)"};

const jump = (k, id) => element("button", {class: "jump", onclick: () => { show(k); choose(id); }}, values[id].name);
const several = list => list.flatMap(e => [e, " "]);

// histogram draws the bins, with their table.
function histogram(data, isInteger) {
  const w = 288, h = 96, most = Math.max(...data.bins), bar = w / data.bins.length;
  const svg = element("svg:svg", {viewBox: `0 0 ${w} ${h + 18}`, class: "histogram", role: "img", "aria-label": `Histogram of ${data.bins.reduce((a, b) => a + b)} numbers from ${amount(data.least)} to ${amount(data.most)}`});
  svg.append(element("svg:title", null, "How many numbers are in each interval"));
  const edge = i => data.least + i * data.width, last = i => isInteger ? edge(i + 1) - 1 : edge(i + 1);
  const named = i => isInteger && data.width === 1 ? amount(edge(i)) : `${amount(edge(i))} … ${amount(Math.min(last(i), data.most))}`;
  data.bins.forEach((n, i) => {
    const high = n ? Math.max(1, n / most * h) : 0;
    svg.append(element("svg:rect", {x: i * bar + .5, y: h - high, width: Math.max(1, bar - 1), height: high}, element("svg:title", null, `${named(i)}: ${n}`)));
  });
  svg.append(element("svg:path", {d: `M0,${h}H${w}`, class: "axis"}), element("svg:text", {x: 0, y: h + 14}, amount(data.least)), element("svg:text", {x: w, y: h + 14, "text-anchor": "end"}, amount(data.most)));
  svg.append(element("svg:text", {x: 0, y: 10}, `${most} at most`));
  if (data.least < 0 && data.most > 0) svg.append(element("svg:path", {d: `M${-data.least / (data.most - data.least) * w},0V${h}`, class: "zero"}));
  const rows = data.bins.map((n, i) => element("tr", null, element("td", null, named(i)), element("td", null, String(n))));
  return [svg, element("details", null, element("summary", null, "Histogram as a table"), element("table", null, element("tr", null, element("th", {scope: "col"}, "numbers"), element("th", {scope: "col"}, "how many")), rows))];
}

function numbers(v) {
  const d = v.data;
  if (!d) return [];
  if (!d.bins) return [["numbers", `all ${amount(d.least)}`]];
  return [["numbers", `${amount(d.least)} … ${amount(d.most)}`], ["mean, deviation", `${amount(d.mean)}, ${amount(d.std)}`], ["zeros", `${d.zeros} of ${v.size} (${(100 * d.zeros / v.size).toFixed(1)} %)`]];
}

// rateOf tells the spike rate of an evaluation, and that of each time step.
const rateOf = r => r && `${percent(r.rate)} on ${r.images} images; by time step ${r.steps.map(percent).join(", ")}`;

function facts(k, id) {
  const v = values[id], cost = (stages[k].edges || {})[id], last = k >= stages.findLastIndex(s => s.level === "fixed");
  const rows = [["op", v.op], ["type", v.type], ["elements", v.size], ["computed", {once: "once", step: "in each time step", end: "behind the time steps"}[v.clock]],
    ["range", v.range], ["membrane", v.state], ["scale", v.scale], ...numbers(v), ["products", cost && `${costs[cost[0]] || cost[0]}; ${cost[1]}`],
    ["error", last && (model.bounds || {})[v.name]], ["measured", last && (model.measured || {})[v.name]], ["spike rate", last && rateOf((model.rates || {})[v.name])],
    ["from", v.origin], ["operands", several(operands(k, id).map(a => jump(k, a)))], ["read by", several(readers(k, id).map(r => jump(k, r)))]];
  return rows.filter(([, x]) => x && x.length !== 0).map(([name, x]) => element("tr", null, element("th", {scope: "row"}, name), element("td", null, x)));
}

// course lists the value in every stage.
function course() {
  return stages.map((s, k) => {
    const all = [...state.followed[k]].filter(([, part]) => !part).map(([id]) => id), parts = state.followed[k].size - all.length;
    const shown = all.length ? all : [strongest(k)].filter(id => id !== null);
    return element("li", {"aria-current": k === state.stage ? "step" : undefined}, element("span", {class: "where"}, s.pass), " ",
      several(shown.slice(0, 6).map(id => jump(k, id))), shown.length > 6 ? ` and ${shown.length - 6} more` : "",
      !all.length && parts ? element("span", {class: "note"}, parts > 1 ? `one of ${parts} parts` : "a part of it") : "",
      !state.followed[k].size ? element("span", {class: "note"}, "not there") : "");
  });
}

function drawPanel() {
  const id = state.value, k = state.stage;
  if (id === null) {
    const many = stages[k].values.filter(v => multiplies(k, v)).length;
    panel.replaceChildren(element("h2", null, `Behind ${stages[k].pass}`), element("table", null,
      [["level", stages[k].level], ["time steps", stages[k].level === "source" ? "" : stages[k].time_steps], ["values", stages[k].values.length], ["of them new", stages[k].values.filter(v => fresh(k, v)).length],
        ["layers", stages[k].layers.length], ["multiply", stages[k].edges ? many : ""], ["no change by", (stages[k].same || []).join(", ")]]
        .filter(([, x]) => x !== "").map(([name, x]) => element("tr", null, element("th", {scope: "row"}, name), element("td", null, String(x))))),
      element("p", {class: "note"}, state.lost ? "The value is not in this stage, nor a part of another." : "A click on a box or a line follows the value through all stages."));
    if (state.lost) panel.append(element("h2", null, "In each stage"), element("ol", {class: "course"}, course()));
    return;
  }
  const v = values[id];
  panel.replaceChildren(element("h2", {class: "mono"}, v.name), element("table", null, facts(k, id)),
    ...(v.data && v.data.bins ? histogram(v.data, v.range !== undefined) : []),
    element("details", {class: "whole"}, element("summary", null, "Text"), element("pre", {tabindex: "0"}, v.text || "")),
    element("h2", null, "In each stage"), element("ol", {class: "course"}, course()));
}

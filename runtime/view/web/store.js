// model is what the page shows: see runtime/view/view.go.
const model = JSON.parse(document.getElementById("model").textContent);
const {stages, values} = model;
for (const s of stages) {
  s.place = new Map(s.values.map((id, i) => [id, i]));
  s.named = new Map(s.values.map(id => [values[id].name, id]));
  s.layerOf = new Map(s.layers.flatMap((l, i) => l.members.map(id => [id, i])));
}
const state = {stage: 0, value: null, followed: stages.map(() => new Map()), open: new Set()};

// texts loads those of a stage, where the page is served without them.
async function texts(k) {
  if (!model.served || stages[k].loaded) return;
  stages[k].loaded = fetch("texts/" + k).then(r => r.json()).then(all => {
    for (const [id, v] of Object.entries(all)) Object.assign(values[id], v);
  });
  await stages[k].loaded;
}

// become lists the values of the next stage that one of stage k has become, with whether it is a part only.
const become = (k, id) => (stages[k].links || {})[id] || [[id, 0]];

// follow finds, in each stage, the values that one of stage k was and becomes, as maps from values to whether
// they are or have a part of it only.
function follow(k, id) {
  const found = stages.map(() => new Map());
  const note = (at, v, part) => { if (stages[at].place.has(v) && found[at].get(v) !== false) found[at].set(v, part); };
  note(k, id, false);
  for (let at = k; at + 1 < stages.length; at++)
    for (const [v, part] of found[at]) for (const [to, of] of become(at, v)) note(at + 1, to, part || !!of);
  for (let at = k; at > 0; at--)
    for (const from of stages[at - 1].values)
      for (const [to, of] of become(at - 1, from))
        if (found[at].has(to)) note(at - 1, from, found[at].get(to) || !!of);
  return found;
}

// strongest is the first value of a stage that is the one followed, or else one that has a part of it, data last and
// the larger first.
function strongest(k) {
  const rank = id => (state.followed[k].get(id) ? 2 : 0) + (values[id].kind === "const" ? 1 : 0);
  const all = stages[k].values.filter(id => state.followed[k].has(id));
  return all.length ? all.reduce((best, id) => rank(id) < rank(best) || rank(id) === rank(best) && rank(id) === 3 && values[id].size > values[best].size ? id : best) : null;
}

const readers = (k, id) => stages[k].values.filter(r => (values[r].args || []).includes(values[id].name));
const operands = (k, id) => (values[id].args || []).map(n => stages[k].named.get(n)).filter(v => v !== undefined);
const multiplies = (k, id) => ((stages[k].edges || {})[id] || [""])[0] === "L4";
const fresh = (k, id) => k > 0 && !stages[k - 1].place.has(id);
const percent = x => `${+(100 * x).toPrecision(3)} %`;

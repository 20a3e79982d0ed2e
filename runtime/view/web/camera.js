// Pan and zoom.
const margin = 16;
function look() {
  sheet.setAttribute("transform", `translate(${camera.x},${camera.y}) scale(${camera.zoom})`);
}
function zoom(by, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const to = Math.min(4, Math.max(.05, camera.zoom * by));
  camera.x = x - (x - camera.x) * to / camera.zoom;
  camera.y = y - (y - camera.y) * to / camera.zoom;
  camera.zoom = to;
  look();
}
function pan(x, y) {
  camera.x += x;
  camera.y += y;
  look();
}
// fit shows all of the graph; its beginning, around the first box, where all would be too small to read.
function fit(beginning = false) {
  const {clientWidth: w, clientHeight: h} = canvas;
  if (!w || !h) return;
  const wide = extent.right - extent.left + 2 * margin, high = extent.bottom - extent.top + 2 * margin;
  camera.zoom = Math.min(1, w / wide, h / high);
  if (beginning && camera.zoom < .8) camera.zoom = Math.min(1, Math.max(.65, w / wide));
  const z = camera.zoom, centre = (w - (extent.right + extent.left) * z) / 2;
  camera.x = wide * z <= w + 1 ? centre : Math.min(margin - extent.left * z, Math.max(w - margin - extent.right * z, w / 2 - extent.first * z));
  camera.y = Math.max(margin, (h - high * camera.zoom) / 2 + margin * camera.zoom) - extent.top * camera.zoom;
  look();
}
// reveal pans to a box that is out of sight.
function reveal(box) {
  if (!box || !canvas.clientWidth) return;
  const b = box.getBoundingClientRect(), c = canvas.getBoundingClientRect();
  const off = (low, high, from, to) => high - low > to - from || low < from ? from - low : high > to ? to - high : 0;
  const x = off(b.left, b.right, c.left + margin, c.right - margin), y = off(b.top, b.bottom, c.top + margin, c.bottom - margin);
  if (x || y) pan(x, y);
}
const held = new Map();
canvas.addEventListener("pointerdown", e => {
  held.set(e.pointerId, {x: e.clientX, y: e.clientY});
});
addEventListener("pointermove", e => {
  const was = held.get(e.pointerId);
  if (!was) return;
  const others = [...held].filter(([id]) => id !== e.pointerId).map(([, at]) => at);
  if (others.length) {
    const far = (a, b) => Math.hypot(a.x - b.x, a.y - b.y) || 1, c = canvas.getBoundingClientRect();
    zoom(far({x: e.clientX, y: e.clientY}, others[0]) / far(was, others[0]), others[0].x - c.left, others[0].y - c.top);
  } else pan(e.clientX - was.x, e.clientY - was.y);
  was.x = e.clientX;
  was.y = e.clientY;
});
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, e => held.delete(e.pointerId));
canvas.addEventListener("wheel", e => {
  e.preventDefault();
  const c = canvas.getBoundingClientRect();
  if (e.ctrlKey || e.metaKey) zoom(Math.exp(-e.deltaY / 200), e.clientX - c.left, e.clientY - c.top);
  else pan(-e.deltaX, -e.deltaY);
}, {passive: false});

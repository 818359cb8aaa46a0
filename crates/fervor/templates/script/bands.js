// Thresholds that are moved by sliders, in the chart or by numbers, and how many are in each band meanwhile. Without
// this, numbers are typed and counted by the service.

const form = document.getElementById("bands");
const chart = form?.querySelector(".histogram");
const told = document.getElementById("told");
const count = new Intl.NumberFormat();
const WIDTH = 800;

const values = (form?.dataset.values ?? "").split(" ").filter(Boolean).map((pair) => pair.split(":").map(Number));
const rows = () => [...form.querySelectorAll("[data-band]")].map((row) => ({
  row,
  name: row.querySelector("[name^=name]"),
  from: row.querySelector("[name^=from]"),
  slider: row.querySelector("[type=range]"),
  output: row.querySelector("output"),
}));

/** The colour of a band by its place, as the service chooses it. */
function level(place, of) {
  return 1 + (of < 2 ? 3 : Math.floor((2 * place * 5 + of - 1) / (2 * (of - 1))));
}

function recolour(element, place, of) {
  element.classList.remove(...[...element.classList].filter((name) => /^band-\d$/.test(name)));
  element.classList.add(`band-${of === 0 ? 0 : level(place, of)}`);
}

function place(value) {
  const [least, most] = [Number(chart.dataset.least), Number(chart.dataset.most)];
  return Math.min(Math.max((value - least) / (most - least), 0), 1) * WIDTH;
}

function bands() {
  const set = rows().filter(({ name, from }) => name.value.trim() !== "" && from.value.trim() !== "" && !Number.isNaN(Number(from.value)));
  return set.sort((one, other) => Number(one.from.value) - Number(other.from.value));
}

/** The last band that a value reaches; the lowest reaches down without end. */
function reached(set, value) {
  const above = set.findIndex(({ from }) => Number(from.value) > value);
  return above < 0 ? set.length - 1 : Math.max(above - 1, 0);
}

function show() {
  const set = bands();
  const many = set.map(() => 0);
  for (const [value, of] of values) {
    if (set.length > 0) many[reached(set, value)] += of;
  }
  rows().forEach(({ row, from, slider, output }) => {
    // What begins nowhere yet has no place on a slider.
    slider.hidden = from.value.trim() === "";
    const at = set.findIndex((band) => band.row === row);
    output.textContent = at < 0 || values.length === 0 ? "" : count.format(many[at]);
    recolour(row.querySelector(".swatch"), at, at < 0 ? 0 : set.length);
  });
  chart?.querySelectorAll(".bar").forEach((bar) => recolour(bar, reached(set, Number(bar.dataset.from)), set.length));
  chart?.querySelectorAll(".edge").forEach((edge) => {
    const band = set.find(({ name }) => name.value === edge.dataset.edge);
    edge.toggleAttribute("hidden", !band);
    if (band) edge.setAttribute("transform", `translate(${place(Number(band.from.value))} 0)`);
  });
  return set.map(({ name }, at) => `${name.value} ${count.format(many[at])}`).join(", ");
}

function drag(edge) {
  const band = () => rows().find(({ name }) => name.value === edge.dataset.edge);
  edge.addEventListener("pointerdown", (event) => {
    edge.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  edge.addEventListener("pointermove", (event) => {
    if (!edge.hasPointerCapture(event.pointerId)) return;
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
    const [least, most] = [Number(chart.dataset.least), Number(chart.dataset.most)];
    const { from, slider } = band();
    slider.value = least + (Math.min(Math.max(point.x, 0), WIDTH) / WIDTH) * (most - least);
    from.value = slider.value;
    show();
  });
  edge.addEventListener("pointerup", () => {
    told.textContent = show();
  });
}

if (form) {
  form.addEventListener("input", (event) => {
    const changed = rows().find(({ row }) => row.contains(event.target));
    if (event.target.name === "by") {
      // Other thresholds are of another scale: the service counts.
      form.querySelector("[data-recount]").click();
      return;
    }
    if (!changed) return;
    if (event.target === changed.slider) changed.from.value = changed.slider.value;
    if (event.target === changed.from && changed.from.value.trim() !== "") changed.slider.value = changed.from.value;
    show();
  });
  form.addEventListener("change", () => {
    told.textContent = show();
  });
  chart?.querySelectorAll(".edge").forEach(drag);
  if (values.length > 0) form.querySelector("[data-recount]").hidden = true;
  show();
}

// A list that follows what one types and chooses: the same page is asked for, and what it found is put into this one.

import { localise } from "./local.js";

const form = document.getElementById("filters");
const status = document.getElementById("status");
const PAUSE = 250;
let waiting = 0;
let asked = null;

/** What the form says, without fields that say nothing. */
function address() {
  const pairs = new URLSearchParams();
  const fields = new FormData(form);
  const has = (name) => Boolean(fields.get(name)?.trim());
  for (const [name, value] of fields) {
    if (!value.trim() || (name === "of" && !has("min") && !has("max"))) continue;
    if (name === "col" && isUsual) continue;
    pairs.append(name, value);
  }
  const text = pairs.toString();
  return text ? `${form.action}?${text}` : form.action;
}

// The usual columns need not be said.
let isUsual = !new URLSearchParams(location.search).has("col");

async function show(url) {
  asked?.abort();
  asked = new AbortController();
  try {
    const reply = await fetch(url, { signal: asked.signal, headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    const found = page.getElementById("results");
    const error = page.getElementById("error");
    if (!found || reply.redirected || error) {
      // What cannot be shown within this page is a page of its own.
      location.assign(url);
      return;
    }
    const results = document.getElementById("results");
    results.replaceWith(document.adoptNode(found));
    localise(found);
    chosen();
    for (const [id, name] of [["export", "href"], ["view-text", "value"]]) {
      const [here, there] = [document.getElementById(id), page.getElementById(id)];
      if (here && there) here.setAttribute(name, there.getAttribute(name));
    }
    history.replaceState(null, "", url);
    status.textContent = document.getElementById("count")?.textContent ?? "";
  } catch (error) {
    if (error.name !== "AbortError") location.assign(url);
  }
}

function soon(pause) {
  clearTimeout(waiting);
  waiting = setTimeout(() => show(address()), pause);
}

// What one types is looked for at once.
document.getElementById("search")?.setAttribute("hidden", "");

// What was opened over the list is closed by a click beside it, or by Escape.
const close = () => document.querySelectorAll(".tools > [open], .tools form > [open]").forEach((one) => {
  one.open = false;
});
document.addEventListener("click", (event) => {
  if (!event.target.closest(".more")) close();
});
document.addEventListener("keydown", (event) => {
  const opened = event.key === "Escape" && event.target.closest(".more[open]");
  if (opened) opened.querySelector("summary").focus();
  if (opened) close();
});

form?.addEventListener("input", (event) => {
  const { name, type } = event.target;
  // A condition that is half written is not one yet.
  if (name === "where") return;
  if (name === "col") isUsual = false;
  soon(type === "checkbox" ? 0 : PAUSE);
});

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(waiting);
  show(address());
});

// Rows that are chosen: how many there are is said, and what can be done with them is shown once there is one.
function chosen() {
  const bar = document.getElementById("chosen-bar");
  if (!bar) return;
  const boxes = [...document.querySelectorAll("#choose input[name=id]")];
  const page = document.getElementById("choose-page");
  const all = bar.querySelector("[name=all]");
  const count = all.checked ? boxes.length : boxes.filter((box) => box.checked).length;
  page.hidden = false;
  page.checked = count === boxes.length;
  page.indeterminate = count > 0 && count < boxes.length;
  bar.classList.add("follows");
  bar.hidden = count === 0;
  const told = document.getElementById("chosen-count");
  const text = all.checked ? told.dataset.all : told.dataset.some.replace("#", count);
  told.textContent = text;
  const merge = document.getElementById("choose-merge");
  if (merge) merge.disabled = all.checked || count !== 2;
}

document.addEventListener("change", (event) => {
  const { target } = event;
  if (!target.closest("#choose")) return;
  const all = document.querySelector("#chosen-bar [name=all]");
  if (target.id === "choose-page" || target === all) {
    for (const box of document.querySelectorAll("#choose input[name=id]")) box.checked = target.checked;
    if (!target.checked) all.checked = false;
  } else if (!target.checked) {
    all.checked = false;
  }
  chosen();
  document.getElementById("status").textContent = document.getElementById("chosen-count").textContent;
});

chosen();
// A page to which one comes back may still have its boxes checked.
window.addEventListener("pageshow", chosen);

// Keeps a part of a page as it is now: <div id=... data-live="1000">. Whatever has an id in it takes what the page says
// by then; once the page has no such part any more, it is loaded anew.

import { localise } from "./local.js";

const raw = new Map();

function renew(fresh) {
  for (const one of fresh.querySelectorAll("[id]")) {
    const old = document.getElementById(one.id);
    const text = one.innerHTML;
    if (!old) return location.reload();
    if ("value" in one.attributes) old.value = one.getAttribute("value");
    // What has not changed is left alone, and not read out again.
    if (one.querySelector("[id]") || raw.get(one.id) === text) continue;
    raw.set(one.id, text);
    old.innerHTML = text;
    localise(old);
  }
}

async function follow(part) {
  for (const one of part.querySelectorAll("[id]")) raw.set(one.id, one.innerHTML);
  for (;;) {
    await new Promise((done) => setTimeout(done, Number(part.dataset.live)));
    if (document.hidden || part.dataset.paused) continue;
    let page;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, redirect: "error" });
      if (!answer.ok) continue;
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch {
      continue;
    }
    const fresh = page.getElementById(part.id);
    if (!fresh?.dataset.live) return location.reload();
    renew(fresh);
  }
}

for (const button of document.querySelectorAll("button[data-pause]")) {
  const part = document.getElementById(button.dataset.pause);
  button.hidden = false;
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const paused = !part.dataset.paused;
    if (paused) part.dataset.paused = "yes";
    else delete part.dataset.paused;
    button.setAttribute("aria-pressed", String(paused));
  });
}

document.querySelectorAll("[data-live]").forEach(follow);

// What makes the pages of rules quick: a sentence that follows its form, rows that are added as they are needed, lines
// of a text that are jumped to, and a progress that is looked at again. All of it works without this too.

import { localise } from "./local.js";

function follow(form) {
  const shown = document.getElementById("said");
  let waiting = 0;
  let asked = 0;
  const ask = async () => {
    const mine = ++asked;
    try {
      const reply = await fetch(form.dataset.said, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const text = await reply.text();
      // Only the answer to what was asked last.
      if (reply.ok && mine === asked) shown.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.children);
    } catch {
      // It is only a look ahead; saving says what is wrong.
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 350);
  });
}

/** Another empty row as soon as the last one is written into. */
function grow(form) {
  form.addEventListener("input", (event) => {
    const row = event.target.closest("[data-row]");
    if (!row || row.nextElementSibling?.matches("[data-row]") || event.target.value === "") return;
    const next = row.cloneNode(true);
    const renamed = (text) => text.replace(/\d+/, (number) => Number(number) + 1);
    for (const part of next.querySelectorAll("[id], [for], [name]")) {
      for (const name of ["id", "for", "name"]) {
        if (part.hasAttribute(name)) part.setAttribute(name, renamed(part.getAttribute(name)));
      }
      if (part.matches("input")) part.value = "";
      part.removeAttribute("aria-invalid");
    }
    next.querySelectorAll(".wrong").forEach((wrong) => wrong.remove());
    row.after(next);
  });
}

/** The cursor at a line of a text. */
function jump(link) {
  link.addEventListener("click", (event) => {
    const text = document.getElementById("text");
    const lines = text.value.split("\n");
    const line = Number(link.dataset.line) - 1;
    const start = lines.slice(0, line).join("\n").length + (line > 0 ? 1 : 0);
    event.preventDefault();
    text.focus();
    text.setSelectionRange(start, start + (lines[line] ?? "").length);
    const height = parseFloat(getComputedStyle(text).lineHeight);
    text.scrollTop = Math.max(0, line * height - text.clientHeight / 3);
  });
}

/** What goes on, looked at every second until it is done. */
async function watch(box) {
  while (!box.querySelector("[data-done]")) {
    await new Promise((done) => setTimeout(done, 1000));
    try {
      const reply = await fetch(location.href, { headers: { accept: "text/html" } });
      const page = new DOMParser().parseFromString(await reply.text(), "text/html");
      const next = page.getElementById(box.id);
      if (!reply.ok || !next) {
        location.reload();
        return;
      }
      box.replaceChildren(...next.childNodes);
      localise(box);
      const heading = page.querySelector("h1");
      if (heading) document.querySelector("h1").textContent = heading.textContent;
    } catch {
      // The next look may work.
    }
  }
}

document.querySelectorAll("form[data-rule]").forEach((form) => {
  follow(form);
  grow(form);
});
document.querySelectorAll("[data-line]").forEach(jump);
document.querySelectorAll("[data-progress]").forEach(watch);

// What other factors would come to, while one changes them: the service is asked, and nothing is kept.

import { localise } from "./local.js";

const form = document.getElementById("factors-form");
const status = document.getElementById("status");
const PAUSE = 200;
let waiting = 0;
let asked = null;

async function attempt() {
  asked?.abort();
  asked = new AbortController();
  try {
    const body = new URLSearchParams(new FormData(form));
    const reply = await fetch(form.dataset.try, { method: "POST", body, signal: asked.signal });
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    const found = page.getElementById("outcome");
    if (!reply.ok || reply.redirected || !found) return;
    document.getElementById("outcome").replaceWith(document.adoptNode(found));
    localise(found);
    status.textContent = [...found.querySelectorAll(".figures > div")].map((one) => one.innerText).join("; ");
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}

form?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(attempt, PAUSE);
});

// What one changes is tried at once.
document.getElementById("try")?.setAttribute("hidden", "");

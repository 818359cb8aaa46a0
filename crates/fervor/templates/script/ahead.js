// What comes next, where it takes long to say: it is asked for once the page is there, and put in its place.

import { localise } from "./local.js";

const link = document.getElementById("work-out");
const section = document.getElementById("next");
section.setAttribute("aria-busy", "true");
try {
  const answer = await fetch(link.href, { headers: { accept: "text/html" } });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const worked = answer.ok && page.getElementById("next");
  if (worked) {
    section.replaceWith(document.adoptNode(worked));
    localise(worked);
  }
} finally {
  // Without an answer there is still the link.
  section.removeAttribute("aria-busy");
}

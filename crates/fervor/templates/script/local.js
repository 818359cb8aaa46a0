// Shows moments in the reader's zone and numbers as the reader writes them. What is there without this can be read too:
// <time datetime="2026-03-14T08:30:00Z">, <time datetime="2026-03-14"> and <data value="1234.5" class="local">.

const language = document.documentElement.lang || "en";
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const number = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const SPANS = [["year", 31_557_600], ["month", 2_629_800], ["week", 604_800], ["day", 86_400], ["hour", 3_600],
  ["minute", 60]];

function since(then) {
  const seconds = (then - Date.now()) / 1000;
  const [unit, length] = SPANS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return ago.format(Math.round(seconds / length), unit);
}

/** Everything below an element; to be called again for what is put into a page later. */
export function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const text = time.getAttribute("datetime");
    const then = new Date(text);
    if (Number.isNaN(then.getTime())) continue;
    if (!text.includes("T")) {
      time.textContent = day.format(then);
    } else {
      time.title = whole.format(then);
      time.textContent = "ago" in time.dataset ? since(then) : moment.format(then);
    }
  }
  for (const data of root.querySelectorAll("data.local[value]")) {
    // A minus is as wide as a plus.
    data.textContent = number.format(data.value).replace("-", "−");
  }
}

localise(document);

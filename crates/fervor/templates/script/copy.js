// Copies what stands in a field: <button data-copy="ID" hidden>. Without scripts the field can be marked and copied.

for (const button of document.querySelectorAll("button[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const name = button.textContent;
  field.addEventListener("focus", () => field.select?.());
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(field.value ?? field.textContent);
    button.textContent = button.dataset.copied;
    setTimeout(() => (button.textContent = name), 2_000);
  });
}

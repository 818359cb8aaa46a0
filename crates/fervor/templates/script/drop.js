// A file may be dropped anywhere on a form with one field for files.

for (const form of document.querySelectorAll("form[data-drop]")) {
  const field = form.querySelector("input[type=file]");
  const over = (is) => form.classList.toggle("over", is);
  for (const event of ["dragenter", "dragover"]) {
    document.addEventListener(event, (drag) => {
      if (!drag.dataTransfer.types.includes("Files")) return;
      drag.preventDefault();
      over(true);
    });
  }
  document.addEventListener("dragleave", (drag) => drag.relatedTarget ?? over(false));
  document.addEventListener("drop", (drop) => {
    if (drop.dataTransfer.files.length === 0) return;
    drop.preventDefault();
    over(false);
    field.files = drop.dataTransfer.files;
    form.requestSubmit();
  });
}

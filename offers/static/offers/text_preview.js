// The preview follows what is being written, a moment after the last key. Without this script the
// button "Preview" does the same.
const form = document.querySelector("form[data-preview]");
const shown = document.getElementById("text-preview");
if (form && shown) {
  let waiting;
  let asked = 0;
  const show = async () => {
    const mine = ++asked;
    const response = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form) });
    if (response.ok && mine === asked) {
      shown.innerHTML = await response.text();
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 300);
  });
}

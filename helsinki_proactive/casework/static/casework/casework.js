// One key for each action: a button with data-key is pressed by that key, and an element with
// data-focus-key gets the focus, unless somebody is writing.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) {
    return;
  }
  const button = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (button) {
    event.preventDefault();
    button.click();
  }
});

// Unfold gives every scrolling part the same name; assistive technology wants to tell them apart.
document.addEventListener("DOMContentLoaded", () => {
  for (const part of document.querySelectorAll("[data-simplebar]")) {
    const heading = part.querySelector("h2, caption") || document.querySelector("h1");
    if (heading) {
      part.setAttribute("data-simplebar-aria-label", heading.textContent.trim());
    }
  }
});

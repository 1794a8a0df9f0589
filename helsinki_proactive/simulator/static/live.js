// Keeps the parts marked data-live as fresh as the server has them, without losing what is typed.
"use strict";

const INTERVAL_MS = 2000;

async function refresh() {
  const response = await fetch(location.href);
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const update = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    const isInUse = part.contains(document.activeElement);
    if (update && !isInUse && update.innerHTML !== part.innerHTML) {
      part.innerHTML = update.innerHTML;
    }
  }
}

if (document.querySelector("[data-live]")) {
  setInterval(() => {
    if (!document.hidden) refresh().catch(() => {});
  }, INTERVAL_MS);
}

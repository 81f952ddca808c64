// Keys: an element with aria-keyshortcuts is clicked, or focused if it is a field, when its key is pressed outside of
// fields; j and k go to the next and the previous link of a list; ? shows them all, and switches them off.
"use strict";
(() => {
  const OFF = "pressclip.keys.off";
  const WRITTEN = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
  const isOff = () => localStorage.getItem(OFF) === "1";
  const shown = (element) => element.getClientRects().length > 0 && !element.disabled;
  const withKey = (key) =>
    [...document.querySelectorAll("[aria-keyshortcuts]")].find(
      (element) => element.getAttribute("aria-keyshortcuts").split(" ").includes(key) && shown(element)
    );

  function step(by) {
    const links = [...document.querySelectorAll(".rows a")].filter(shown);
    const at = links.indexOf(document.activeElement);
    const next = links[at < 0 ? (by > 0 ? 0 : links.length - 1) : at + by];
    if (next) {
      next.focus();
      next.scrollIntoView({ block: "nearest" });
    }
    return links.length > 0;
  }

  function help() {
    const dialog = document.getElementById("keys");
    if (dialog.open) return dialog.close();
    const list = dialog.querySelector("dl");
    const rows = [...document.querySelectorAll("[aria-keyshortcuts]")].filter(shown).map((element) => [
      element.getAttribute("aria-keyshortcuts").replaceAll(" ", ", "),
      element.getAttribute("aria-label") || element.labels?.[0]?.innerText.trim() || element.innerText.trim(),
    ]);
    if (document.querySelector(".rows a")) rows.push(["j, k", "next and previous of the list"]);
    rows.push(["?", "these keys"]);
    list.replaceChildren(
      ...rows.flatMap((row) =>
        row.map((text, at) => Object.assign(document.createElement(at ? "dd" : "dt"), { textContent: text }))
      )
    );
    dialog.querySelector("input").checked = !isOff();
    dialog.showModal();
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) return;
    if (event.target.closest(WRITTEN)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    let done = true;
    if (key === "?") help();
    else if (isOff() || document.querySelector("dialog[open]")) return;
    else if (key === "j" || key === "k") done = step(key === "j" ? 1 : -1);
    else {
      const found = withKey(key);
      if (!found) return;
      if (found.matches(WRITTEN)) found.focus();
      else found.click();
    }
    if (done) event.preventDefault();
  });

  document.addEventListener("DOMContentLoaded", () => {
    const dialog = document.getElementById("keys");
    document.querySelectorAll("[data-keys]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", help);
    });
    dialog.querySelector("input").addEventListener("change", (event) =>
      localStorage.setItem(OFF, event.target.checked ? "0" : "1")
    );
  });
})();
